-- Adds messages to the stream KEYS[1] as long as it has less than ARGV[1] entries. Answers how many it added.
-- One script, because between asking for the length and adding another instance may add some.
local room = tonumber(ARGV[1]) - redis.call('XLEN', KEYS[1])
local added = 0
while added < room and added < #ARGV - 1 do
    redis.call('XADD', KEYS[1], '*', 'message', ARGV[added + 2])
    added = added + 1
end
return added
