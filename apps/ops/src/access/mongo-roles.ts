/**
 * The rights of each process in MongoDB. Each process may use its own collections only. The collections are
 * listed by name, because MongoDB roles do not support patterns.
 */

/**
 * How many generations of the read model the user service may create in MongoDB. Each rebuild creates a
 * generation, which is a collection, and a role must list its collections by name.
 */
const GENERATIONS = 99;

export const mongoCollectionsByService: Readonly<Record<'auth' | 'user' | 'notifier', readonly string[]>> = {
  auth: [
    'auth_audit',
    'auth_commits',
    'auth_erasures',
    'auth_fingerprints',
    'auth_idempotency_keys',
    'auth_known_sources',
    'auth_leases',
    'auth_limits',
    'auth_moves',
    'auth_requests',
    'auth_sessions',
    'auth_snapshots',
    'auth_trusted',
  ],
  user: [
    'user_generations',
    ...Array.from({ length: GENERATIONS }, (_, index) => `user_profiles_v${index + 1}`),
    'webhook_attempts',
    'webhook_endpoints',
    'webhook_keys',
    'webhook_leases',
    'webhook_sent_before',
  ],
  notifier: ['notifier_cutoffs', 'notifier_deliveries', 'notifier_keys', 'notifier_suppressions'],
};

/**
 * The collections that every process may use. auth and user read service clients, which ops writes. Every process
 * writes to `probes` to check that the database accepts writes.
 */
const SHARED = { read: ['schema_versions', 'service_clients'], write: ['probes'] };

const OWN = ['find', 'insert', 'update', 'remove', 'listIndexes'];

/**
 * Returns a script for mongosh that creates, or updates, a role and a user for each process, and a user for ops
 * commands. Passwords come from MONGO_AUTH_PASSWORD, MONGO_USER_PASSWORD, MONGO_NOTIFIER_PASSWORD and
 * MONGO_OPS_PASSWORD; the database is MONGO_DATABASE or `latchkey`.
 */
export function createMongoUsersScript(): string {
  const roles = Object.entries(mongoCollectionsByService).map(([user, collections]) => ({
    user,
    collections,
  }));
  return `const database = process.env.MONGO_DATABASE || 'latchkey';
const target = db.getSiblingDB(database);
const own = ${JSON.stringify(OWN)};
const shared = ${JSON.stringify(SHARED)};
const users = ${JSON.stringify(roles, null, 2)};

function put(kind, name, content) {
  const exists = kind === 'Role' ? target.getRole(name) : target.getUser(name);
  target[(exists ? 'update' : 'create') + kind](
    ...(exists ? [name, content] : [{ [kind === 'Role' ? 'role' : 'user']: name, ...content }]),
  );
}

function password(user) {
  const name = 'MONGO_' + user.toUpperCase() + '_PASSWORD';
  if (!process.env[name]) throw new Error(name + ' is not set');
  return process.env[name];
}

for (const { user, collections } of users) {
  const privileges = [
    { resource: { db: database, collection: '' }, actions: ['listCollections'] },
    ...shared.read.map((collection) => ({ resource: { db: database, collection }, actions: ['find', 'listIndexes'] })),
    ...[...shared.write, ...collections].map((collection) => ({ resource: { db: database, collection }, actions: own })),
  ];
  put('Role', 'latchkey_' + user, { privileges, roles: [] });
  put('User', user, { pwd: password(user), roles: ['latchkey_' + user] });
}
put('User', 'ops', { pwd: password('ops'), roles: ['readWrite', 'dbAdmin'] });`;
}
