-- Takes the entries ARGV[2], ARGV[3] and so on out of the stream KEYS[1] and off the list of what the group ARGV[1] has
-- not acknowledged. One script: an entry that is acknowledged and still there would count as waiting for ever.
redis.call('XACK', KEYS[1], ARGV[1], unpack(ARGV, 2))
redis.call('XDEL', KEYS[1], unpack(ARGV, 2))
return #ARGV - 1
