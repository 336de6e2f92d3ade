// A record is a hash: d its data, r its revision, b when it began, l who has its lock and e until when, p of which
// process and s for which of its asks, n which process gets that next and m until when it is kept for it. Times are
// milliseconds by the clock of that server, so those of its clients need not agree.
#include "scripts.h"

namespace session_redis::scripts {
namespace {

// Finds the record; what is no whole one goes aside for a week.
const std::string record = R"(
local key = KEYS[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local found = redis.pcall('HMGET', key, 'r', 'b', 'l', 'e')
if found.err and string.sub(found.err, 1, 9) ~= 'WRONGTYPE' then return found end
local revision, begun, owner, lease = found[1], tonumber(found[2] or ''), found[3], tonumber(found[4] or '0')
local corrupt = 0
if found.err or (revision and not (begun and lease and redis.call('HEXISTS', key, 'd') == 1))
    or (not revision and redis.call('EXISTS', key) == 1) then
  redis.call('RENAME', key, key .. ':corrupt')
  redis.call('PEXPIRE', key .. ':corrupt', 604800000)
  revision, owner, corrupt = false, false, 3
end
local function shown(lost)
  return {0, redis.call('HGET', key, 'd'), revision, math.max(now - begun, 0), math.max(redis.call('PTTL', key), 1), lost}
end
)";

}  // namespace

const std::string load = record + R"(
if not revision then return {math.max(corrupt, 1)} end
return shown(0)
)";

const std::string lock = record + R"(
if not revision then return {math.max(corrupt, 1)} end
local line = redis.call('HMGET', key, 'n', 'm', 'p', 's')
local others = line[1] and line[1] ~= ARGV[3] and tonumber(line[2]) > now
-- A process asks while it has no lock, so an earlier one of its own is one whose grant or return went lost.
if owner and lease > now and line[3] == ARGV[3] and tonumber(line[4]) < tonumber(ARGV[5]) then
  redis.call('HDEL', key, 'l', 'e', 'p', 's')
  owner = false
end
if owner and lease > now then
  if not others then redis.call('HSET', key, 'n', ARGV[3], 'm', now + 100) end
  return {9}
end
if others and ARGV[4] == '1' then return {9} end
redis.call('HSET', key, 'l', ARGV[1], 'e', now + ARGV[2], 'p', ARGV[3], 's', ARGV[5])
if line[1] == ARGV[3] then redis.call('HDEL', key, 'n', 'm') end
return shown(owner and 1 or 0)
)";

const std::string store = record + R"(
if ARGV[2] ~= '0' then
  if not revision then return {1} end
  if owner ~= ARGV[2] then return {6} end
elseif not revision then
  if ARGV[3] ~= '0' then return {1} end
elseif revision ~= ARGV[3] or (owner and lease > now) then
  return {5}
end
redis.call('HSET', key, 'd', ARGV[1], 'r', ARGV[4], 'b', string.format('%.0f', begun and revision and begun or now - ARGV[5]))
if ARGV[7] == '1' or ARGV[2] == '0' then redis.call('HDEL', key, 'l', 'e', 'p', 's') end
redis.call('PEXPIRE', key, ARGV[6])
return {0, revision and 0 or 1}
)";

const std::string touch = record + R"(
if not revision then return {1} end
if ARGV[1] ~= '0' and owner ~= ARGV[1] then return {6} end
redis.call('PEXPIRE', key, ARGV[2])
if ARGV[1] ~= '0' and ARGV[3] == '1' then redis.call('HDEL', key, 'l', 'e', 'p', 's') end
return {0}
)";

const std::string remove = record + R"(
if not revision then return {ARGV[1] == '0' and 0 or 1} end
if ARGV[1] ~= '0' and owner ~= ARGV[1] then return {6} end
redis.call('DEL', key)
return {0}
)";

const std::string unlock = R"(
if redis.call('HGET', KEYS[1], 'l') == ARGV[1] then redis.call('HDEL', KEYS[1], 'l', 'e', 'p', 's') end
return {0}
)";

}  // namespace session_redis::scripts
