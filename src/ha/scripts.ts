/**
 * What has to be one step in Redis. Each script first sees whether its caller may: a daemon that is no longer the leader
 * is refused, however late its request arrives. Redis's own clock is the only one that ends a lease.
 *
 * A token is a number and the daemon that was given it: a Redis that has lost its last second may give a number out again.
 * "led" is the token of who has brought something of the state to Redis last, be it that there was nothing to bring. A lease
 * that was given back before that leaves it as it was: the state is the same as before.
 *
 * https://redis.io/docs/latest/develop/programmability/eval-intro/
 */

/** KEYS lease, token, released. ARGV holder, milliseconds, floor, node. → the new fencing token's number; 0: somebody leads. */
export const ACQUIRE = `
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
local last = string.match(redis.call('GET', KEYS[2]) or '0', '^%d+')
local number = math.max(tonumber(last), tonumber(ARGV[3])) + 1
local token = string.format('%d:', number) .. ARGV[4]
redis.call('SET', KEYS[2], token)
redis.call('DEL', KEYS[3])
redis.call('HSET', KEYS[1], 'token', token, 'holder', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return number`;

/**
 * KEYS lease, token. ARGV token, holder, milliseconds, whether it was renewed within a lease of now (1).
 * → 1: held; 2: had ended, and nobody has led since; 0: another leads or has led; -1: Redis has forgotten all tokens.
 */
export const RENEW = `
local held = redis.call('HGET', KEYS[1], 'token')
if held == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  return 1
end
if held then return 0 end
local last = redis.call('GET', KEYS[2])
if last and last ~= ARGV[1] then return 0 end
if not last and ARGV[4] ~= '1' then return -1 end
redis.call('SET', KEYS[2], ARGV[1])
redis.call('HSET', KEYS[1], 'token', ARGV[1], 'holder', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 2`;

/** KEYS lease, released. ARGV token. Who waits may begin at once. */
export const RELEASE = `
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[2], ARGV[1])
return 1`;

/**
 * KEYS lease, head, log, led. ARGV token, digest before the first change, then of each change: number, token, digest,
 * changeset. Changes that are there already are passed over; with none, it only sees whether the lease is held.
 *
 * → 'lost': another leads; 'free': nobody does; 'empty': there is no head; 'at', number and digest of the last change: where that is not the last of ARGV,
 * they do not follow on it.
 */
export const APPEND = `
local held = redis.call('HGET', KEYS[1], 'token')
if not held then return {'free'} end
if held ~= ARGV[1] then return {'lost'} end
redis.call('SET', KEYS[4], ARGV[1])
local head = redis.call('HMGET', KEYS[2], 'seq', 'digest')
if not head[1] then return {'empty'} end
local seq, digest, before, bytes = tonumber(head[1]), head[2], ARGV[2], 0
local moved = nil
for i = 3, #ARGV, 4 do
  if tonumber(ARGV[i]) == seq + 1 then
    if before ~= digest then break end
    redis.call('XADD', KEYS[3], ARGV[i] .. '-0', 't', ARGV[i + 1], 'd', ARGV[i + 2], 'c', ARGV[i + 3])
    seq, digest, bytes, moved = seq + 1, ARGV[i + 2], bytes + #ARGV[i + 3], ARGV[i + 1]
  end
  before = ARGV[i + 2]
end
if moved then
  redis.call('HSET', KEYS[2], 'seq', string.format('%d', seq), 'digest', digest, 'token', moved)
  redis.call('HINCRBY', KEYS[2], 'logged', bytes)
end
return {'at', string.format('%d', seq), digest}`;

/**
 * A whole copy, whose pieces are in Redis already, becomes what newcomers begin with.
 *
 * KEYS lease, head, log, its pieces, led. ARGV token, anew (1): what Redis has is not a later state of the same; lineage,
 * version, number, digest and token of the copy; its id, bytes, checksum; milliseconds that the old pieces stay; the
 * beginning of the keys of pieces; how many of this one there are. → 'kept'; 'lost': another leads; 'free': nobody does;
 * 'incomplete': Redis has not all pieces; 'empty': there is nothing that it could be a later state of.
 */
export const KEEP_COPY = `
local held = redis.call('HGET', KEYS[1], 'token')
if not held then return 'free' end
if held ~= ARGV[1] then return 'lost' end
if redis.call('LLEN', KEYS[4]) ~= tonumber(ARGV[13]) then return 'incomplete' end
if ARGV[2] ~= '1' and redis.call('HEXISTS', KEYS[2], 'seq') == 0 then return 'empty' end
redis.call('SET', KEYS[5], ARGV[1])
local old = redis.call('HGET', KEYS[2], 'copy')
if old then redis.call('PEXPIRE', ARGV[12] .. old, ARGV[11]) end
if ARGV[2] == '1' then
  redis.call('DEL', KEYS[2], KEYS[3])
  redis.call('HSET', KEYS[2], 'seq', ARGV[5], 'digest', ARGV[6], 'token', ARGV[7])
else
  redis.call('XTRIM', KEYS[3], 'MINID', string.format('%d', tonumber(ARGV[5]) + 1) .. '-0')
end
redis.call('PERSIST', KEYS[4])
redis.call('HSET', KEYS[2], 'lineage', ARGV[3], 'version', ARGV[4], 'copy', ARGV[8], 'copy_seq', ARGV[5],
  'copy_bytes', ARGV[9], 'copy_sha256', ARGV[10], 'copy_pieces', ARGV[13], 'logged', 0)
return 'kept'`;
