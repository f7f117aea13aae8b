export interface CheckFacts {
  /** What is looked at, and what a warning or failure says. */
  readonly meaning: string
  readonly remedy: string
}

/** Every check of `walletgate doctor`, in the order of its report: the one source for the findings and for the guide. */
export const CHECKS = {
  configuration: {
    meaning:
      'The settings can be used. Fails with each fault that would stop a start, warns of each that a start would log.',
    remedy: 'Each fault names its own.',
  },
  'node.version': {
    meaning: 'This Node.js can run the server.',
    remedy: 'Install Node.js 20.19 or newer.',
  },
  'node.env': {
    meaning:
      'NODE_ENV is production where the outside reaches the server: a forgotten Redis then stops the start, and the playground stays off.',
    remedy: 'Set NODE_ENV=production.',
  },
  'process.files': {
    meaning: 'The process may open enough files: each connection is one. Warns below 4096, fails below 256.',
    remedy: 'Raise the limit: `LimitNOFILE=65536` in a systemd unit, `--ulimit nofile=65536` with Docker.',
  },
  'projects.file': {
    meaning: 'Nobody but its owner and group can read the file that WALLETGATE_CONFIG names: it holds secret keys.',
    remedy:
      'Take the right to read it from everybody else: `chmod o-rwx` on the file, or `defaultMode: 0440` of a Kubernetes secret.',
  },
  'audit.log': {
    meaning: 'The file that AUDIT_LOG names can be written, and its disk has room.',
    remedy: 'Create its folder, give it to the user that the server runs as, and keep 100 MB of its disk free.',
  },
  'server.port': {
    meaning: 'PORT is this server’s, or free. Fails when something else listens there.',
    remedy: 'Stop what listens there, or set another PORT.',
  },
  'redis.reachable': {
    meaning: 'Redis answers.',
    remedy: 'Check that Redis is up, that host and port are right, and that the network between lets us through.',
  },
  'redis.auth': {
    meaning: 'Redis accepts the user and password.',
    remedy: 'Set both in REDIS_URL (redis://user:password@host:6379), with special characters percent-encoded.',
  },
  'redis.tls': {
    meaning:
      'Both sides speak TLS, or neither, and the certificate is accepted. Warns where a public network is crossed without it.',
    remedy:
      'Write rediss:// for a Redis with TLS, redis:// for one without. For an authority of your own set NODE_EXTRA_CA_CERTS; the certificate must be for the host that REDIS_URL names.',
  },
  'redis.version': {
    meaning: 'Redis is 6.2 or newer, or Valkey.',
    remedy: 'Upgrade Redis: older ones lack commands that the server sends.',
  },
  'redis.commands': {
    meaning: 'The Redis user may send every command and touch every key that the server needs.',
    remedy: 'Give the user the rules under “The rights of the Redis user” of docs/guides/doctor.md.',
  },
  'redis.writes': {
    meaning: 'Redis takes a write: it is no replica, not read-only, not full, and its disk takes what it saves.',
    remedy: 'Name the primary, not a replica; give a full Redis more memory; mend the disk of one that cannot save.',
  },
  'redis.eviction': {
    meaning: 'Redis forgets nothing to make room. Fails when it may: users, sessions and keys would vanish.',
    remedy: 'Set `maxmemory-policy noeviction` in redis.conf.',
  },
  'redis.memory': {
    meaning: 'Redis has room. Warns when nine tenths of its limit, or of the machine’s memory, are taken.',
    remedy: 'Give Redis more memory, or raise maxmemory.',
  },
  'redis.persistence': {
    meaning:
      'Redis keeps its data over a restart. Fails without AOF and snapshots, or when the last save failed; warns with snapshots alone, which lose minutes.',
    remedy: 'Set `appendonly yes` in redis.conf, and see that its disk has room.',
  },
  'redis.fsync': {
    meaning:
      'Redis writes to disk before it answers. Otherwise a power cut takes the last second back: new users and sessions are gone, ended sessions and used codes are good again.',
    remedy: 'Set `appendfsync always` in redis.conf, or accept the second.',
  },
  'redis.replication': {
    meaning:
      'A write that was answered survives a failover. Warns when a primary with replicas does not wait for any, or a group has none.',
    remedy: 'Set `min-replicas-to-write 1` and `min-replicas-max-lag 10` in redis.conf, and keep a replica.',
  },
  'redis.cluster': {
    meaning: 'The cluster is whole: all 16384 slots have a primary that works. Also that a cluster is named as one.',
    remedy:
      'Mend it with `redis-cli --cluster fix`; name a cluster’s nodes in REDIS_CLUSTER_NODES, a single Redis in REDIS_URL.',
  },
  'redis.sentinels': {
    meaning: 'The Sentinels answer, know the group, and are enough to fail over.',
    remedy: 'Start the Sentinels that are down; set REDIS_SENTINEL_NAME to the name that their configuration has.',
  },
  'redis.latency': {
    meaning: 'Redis answers quickly. A sign-in asks about seven times. Warns above 20 ms, fails above 500 ms.',
    remedy: 'Run Redis in the same region and network; look for slow commands of others with `redis-cli slowlog get`.',
  },
  clock: {
    meaning:
      'Our clock, Redis’s and the server’s agree within 30 seconds: lives of nonces, sessions and tokens hang on them.',
    remedy: 'Keep the clocks of all machines in step (chrony, systemd-timesyncd).',
  },
  keys: {
    meaning: 'WALLETGATE_SECRET opens the signing keys that are stored.',
    remedy:
      'Add the secret they were sealed under, after the newest: WALLETGATE_SECRET=new,old. A record that was altered must be restored from a backup.',
  },
  'mail.reachable': {
    meaning: 'The mail server answers.',
    remedy: 'Check host and port of SMTP_URL; many networks close port 25, use 587 or 465.',
  },
  'mail.tls': {
    meaning: 'Mail travels under TLS, and the certificate is accepted. Warns where a network is crossed without it.',
    remedy:
      'Write smtps://host:465 for TLS from the first byte, smtp://host:587 for STARTTLS; use a server that offers one of them.',
  },
  'mail.auth': {
    meaning: 'The mail server accepts user and password.',
    remedy:
      'Correct them in SMTP_URL, with special characters percent-encoded (@ is %40); some providers want a password for applications.',
  },
  'mail.sender': {
    meaning: 'The mail server lets us send as MAIL_FROM. Nothing is sent: no recipient is named.',
    remedy: 'Set MAIL_FROM to an address that this account may send as, or allow it at the provider.',
  },
  'rpc.reachable': {
    meaning: 'Each RPC server answers.',
    remedy: 'Check its URL in EVM_RPC_URLS, its key and quota, and that this network may call out.',
  },
  'rpc.chain': {
    meaning: 'Each RPC server serves the chain it is listed under.',
    remedy: 'Put the URL under its own chain id in EVM_RPC_URLS.',
  },
  'rpc.calls': {
    meaning: 'Each RPC server runs our eth_call, which carries code to judge signatures, with the gas it takes.',
    remedy:
      'Use a server that allows eth_call without `to` and 5 000 000 gas (geth: `--rpc.gascap`), or another provider.',
  },
  'rpc.speed': {
    meaning: 'Each RPC server answers within a second. After two it is passed over.',
    remedy: 'Use a server nearer by, or list a faster one first.',
  },
  'rpc.head': {
    meaning:
      'The newest block of each RPC server is fresh: a stuck one still accepts owners that were removed. Warns after 5 minutes, fails after an hour.',
    remedy: 'Wait until the node has caught up, or use another one.',
  },
  'public.https': {
    meaning: 'PUBLIC_URL is https and names a host that others can reach, when NODE_ENV is production.',
    remedy: 'Put a proxy with a certificate in front, and set PUBLIC_URL to its https origin.',
  },
  'public.reaches': {
    meaning: 'What answers at PUBLIC_URL is this deployment: it proves that it has the same WALLETGATE_SECRET.',
    remedy:
      'Start the server; point DNS and the proxy of PUBLIC_URL at it, and let /healthz through; give all replicas one WALLETGATE_SECRET.',
  },
  'public.proxies': {
    meaning:
      'TRUSTED_PROXIES names the proxies in front and nobody else. Else all callers count as one, and one can use up the limits of all, or callers choose the address they are seen under.',
    remedy:
      'List in TRUSTED_PROXIES the addresses from which the proxies connect, and let the outermost replace X-Forwarded-For, the others append to it.',
  },
  origins: {
    meaning:
      'When NODE_ENV is production, allowed origins are https, and none is localhost, where any program of a visitor’s may serve a page.',
    remedy: 'List the https origins of your pages in ALLOWED_ORIGINS, and nothing from development.',
  },
  'metrics.port': {
    meaning: 'METRICS_PORT does not answer where PUBLIC_URL leads.',
    remedy: 'Close the port to the outside: with a firewall, or by not publishing it from the container.',
  },
  webhooks: {
    meaning:
      'Each receiver can be connected to, at an address it may have, with a certificate that is accepted. Nothing is posted.',
    remedy: 'Check the URL; for a receiver in your own network set "privateNetwork": true.',
  },
} as const satisfies Record<string, CheckFacts>

export type CheckName = keyof typeof CHECKS
