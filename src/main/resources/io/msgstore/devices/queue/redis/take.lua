-- Gives entries of the stream KEYS[1] to the consumer ARGV[2] of the group ARGV[1]: from ">" (ARGV[3]) new ones, from an id those
-- behind it that it has had. At most ARGV[4] entries, and none more when they have ARGV[5] bytes, because XREADGROUP has
-- no limit of bytes. So it asks in steps: for one, and then for as many as have room if they are as large as the largest so far.
local from, count, most = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local taken, bytes, largest = {}, 0, most
while #taken < count and bytes < most do
    local step = math.max(1, math.min(8, count - #taken, math.floor((most - bytes) / largest)))
    local answer = redis.pcall('XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT', step, 'STREAMS', KEYS[1], from)
    if not answer then
        break
    end
    if answer.err then
        return answer
    end
    local entries = answer[1][2]
    if #entries == 0 then
        break
    end
    for _, entry in ipairs(entries) do
        taken[#taken + 1] = entry
        -- one that someone has deleted has no fields
        local size = entry[2] and #entry[2][2] or 0
        bytes = bytes + size
        largest = #taken == 1 and math.max(1, size) or math.max(largest, size)
    end
    if from ~= '>' then
        from = entries[#entries][1]
    end
end
return taken
