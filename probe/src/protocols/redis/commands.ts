// Names of commands. Source: COMMAND LIST of Redis 7.0 and the command reference on redis.io up to version 8.

const NAMES = `
  acl append asking auth bgrewriteaof bgsave bitcount bitfield bitfield_ro bitop bitpos blmove blmpop blpop brpop
  brpoplpush bzmpop bzpopmax bzpopmin client cluster command config copy dbsize debug decr decrby del discard dump echo
  eval eval_ro evalsha evalsha_ro exec exists expire expireat expiretime failover fcall fcall_ro flushall flushdb
  function geoadd geodist geohash geopos georadius georadius_ro georadiusbymember georadiusbymember_ro geosearch
  geosearchstore get getbit getdel getex getrange getset hdel hello hexists hexpire hexpireat hexpiretime hget hgetall
  hgetdel hgetex hincrby hincrbyfloat hkeys hlen hmget hmset hpersist hpexpire hpexpireat hpexpiretime hpttl hrandfield
  hscan hset hsetex hsetnx hstrlen httl hvals incr incrby incrbyfloat info keys lastsave latency lcs lindex linsert llen
  lmove lmpop lolwut lpop lpos lpush lpushx lrange lrem lset ltrim memory mget migrate module monitor move mset msetnx
  multi object persist pexpire pexpireat pexpiretime pfadd pfcount pfdebug pfmerge pfselftest ping psetex psubscribe
  psync pttl publish pubsub punsubscribe quit randomkey readonly readwrite rename renamenx replconf replicaof reset
  restore restore-asking role rpop rpoplpush rpush rpushx sadd save scan scard script sdiff sdiffstore select sentinel
  set setbit setex setnx setrange shutdown sinter sintercard sinterstore sismember slaveof slowlog smembers smismember
  smove sort sort_ro spop spublish srandmember srem sscan ssubscribe strlen subscribe substr sunion sunionstore
  sunsubscribe swapdb sync time touch ttl type unlink unsubscribe unwatch vadd vcard vdim vemb vgetattr vinfo vlinks
  vrandmember vrem vsetattr vsim wait waitaof watch xack xackdel xadd xautoclaim xclaim xdel xdelex xgroup xinfo xlen
  xpending xrange xread xreadgroup xrevrange xsetid xtrim zadd zcard zcount zdiff zdiffstore zincrby zinter zintercard
  zinterstore zlexcount zmpop zmscore zpopmax zpopmin zrandmember zrange zrangebylex zrangebyscore zrangestore zrank
  zrem zremrangebylex zremrangebyrank zremrangebyscore zrevrange zrevrangebylex zrevrangebyscore zrevrank zscan zscore
  zunion zunionstore`;
const COMMANDS = new Set(NAMES.trim().split(/\s+/));
/** Modules name theirs after themselves: JSON.GET, FT.SEARCH. */
const OF_MODULE = /^[a-z]{1,12}\.[a-z_]{1,20}$/;
/** A longer name is none. */
export const LONGEST_NAME = 33;

const CONTAINERS = new Set(
  (
    'ACL CLIENT CLUSTER COMMAND CONFIG DEBUG FUNCTION LATENCY MEMORY MODULE OBJECT PUBSUB SCRIPT SENTINEL SLOWLOG ' +
    'XGROUP XINFO'
  ).split(' '),
);

export function isCommand(name: string): boolean {
  const lower = name.toLowerCase();
  return COMMANDS.has(lower) || OF_MODULE.test(lower);
}

export function startsCommand(beginning: string): boolean {
  const lower = beginning.toLowerCase();
  for (const name of COMMANDS) if (name.startsWith(lower)) return true;
  return false;
}

/** @returns how many of the arguments name the command: 2 where the second is a subcommand, else 1 */
export function nameLength(args: readonly string[]): number {
  return args.length > 1 && CONTAINERS.has((args[0] ?? '').toUpperCase()) ? 2 : 1;
}
