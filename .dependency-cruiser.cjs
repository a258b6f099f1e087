// Which modules may import which. ARCHITECTURE.md has the parts of the system and the reasons for these rules.
const tests = '\\.(test|cluster|quorum|contract|fixtures?|memory)\\.ts$|(^|/)(test|testing|scripts)/';

/** A driver may appear only in the files that match `where`. */
function driver(name, where) {
  return {
    name: `${name.replace(/\W/g, '-')}-only-in-its-adapters`,
    comment: `${name} is a driver: it appears in its adapters alone.`,
    severity: 'error',
    from: { pathNot: [where, tests, '^(test|bench)/'] },
    to: { path: `^(node_modules/)?(node:)?${name}(/|$)` },
  };
}

/** Pure files may import only types and each other: no clock, no randomness, no input or output. */
function pure(name, path, allowed) {
  return {
    name: `${name}-is-pure`,
    comment: 'These folders import only libs/events and themselves: no clock, no randomness, no I/O.',
    severity: 'error',
    from: { path, pathNot: tests },
    to: { pathNot: ['^libs/events/src/(index|catalogue)\\.ts$', ...allowed] },
  };
}

module.exports = {
  forbidden: [
    {
      name: 'no-circles',
      comment: 'Circles of types count, too.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'events-import-zod-alone',
      comment: 'What other teams install has no dependency but zod.',
      severity: 'error',
      from: { path: '^libs/events/src', pathNot: [tests, '^libs/events/src/subscribe/'] },
      to: {
        pathNot: ['^libs/events/src/((events|security)/)?[^/]+$', '^node_modules/zod/', '^(node:)?crypto$'],
      },
    },
    {
      name: 'subscribe-imports-events-and-kafka-bus',
      comment: 'The entry that subscribes is packed with the Kafka bus and the consumer core alone (ADR 14).',
      severity: 'error',
      from: { path: '^libs/events/src/subscribe/', pathNot: tests },
      to: {
        pathNot: [
          '^libs/events/src/',
          '^libs/bus/src/(index|bus|kafka/index)\\.ts$',
          '^libs/consumer/src/(index|position-store\\.contract)\\.ts$',
          '^libs/process/src/loop\\.ts$',
          '^node_modules/zod/',
          '^(node:)?(crypto|fs/promises|timers/promises)$',
        ],
      },
    },
    {
      name: 'consumer-imports-events-and-bus',
      comment:
        'What is packed with subscribe (ADR 14). The core decides and reads again; its only I/O are the keys of auth.',
      severity: 'error',
      from: { path: '^libs/consumer/src', pathNot: tests },
      to: { pathNot: ['^libs/consumer/src/', '^libs/events/src/index\\.ts$', '^libs/bus/src/index\\.ts$'] },
    },
    {
      name: 'bus-knows-no-domain',
      severity: 'error',
      from: { path: '^libs/bus/src' },
      to: {
        path: ['^libs/(events|http|process|tokens|mongo|cluster)/', '^services/', '^apps/'],
        pathNot: ['^libs/process/src/loop\\.ts$', '^libs/process/src/testing/'],
      },
    },
    {
      name: 'store-imports-nothing-of-ours',
      severity: 'error',
      from: { path: '^libs/store/src' },
      to: { path: ['^libs/', '^services/', '^apps/'], pathNot: '^libs/store/src/' },
    },
    {
      name: 'sqlite-imports-only-store',
      severity: 'error',
      from: { path: '^libs/sqlite/src' },
      to: { path: ['^libs/(events|http|process|tokens|bus|mongo|cluster)/', '^services/', '^apps/'] },
    },
    {
      name: 'locale-knows-nobody',
      severity: 'error',
      from: { path: '^libs/locale/src', pathNot: tests },
      to: { pathNot: '^libs/locale/src/' },
    },
    {
      name: 'brand-knows-no-domain',
      severity: 'error',
      from: { path: '^libs/brand/src', pathNot: tests },
      to: { path: ['^libs/(?!(brand|process)/)', '^services/', '^apps/'] },
    },
    {
      name: 'mongo-imports-only-store',
      severity: 'error',
      from: { path: '^libs/mongo/src' },
      to: { path: ['^libs/(events|http|process|tokens|bus|sqlite|cluster)/', '^services/', '^apps/'] },
    },
    {
      name: 'process-knows-nobody',
      severity: 'error',
      from: { path: '^libs/process/src' },
      to: { path: ['^libs/(?!process/)', '^services/', '^apps/'] },
    },
    {
      name: 'http-knows-no-domain',
      severity: 'error',
      from: { path: '^libs/http/src' },
      to: { path: ['^libs/(?!(http|process)/)', '^services/', '^apps/'] },
    },
    {
      name: 'tokens-know-nobody',
      comment: 'Access tokens and their guards: usable by any service that takes them, on any framework.',
      severity: 'error',
      from: { path: '^libs/tokens/src' },
      to: { path: ['^libs/(?!tokens/)', '^services/', '^apps/'] },
    },
    {
      name: 'feed-imports-log-events-and-http',
      comment: 'The feed is served by a service, which decides who may read it.',
      severity: 'error',
      from: { path: '^libs/feed/src', pathNot: tests },
      to: { path: ['^libs/(?!(feed|bus|events|http)/)', '^services/', '^apps/'] },
    },
    {
      name: 'guard-imports-tokens-and-events',
      comment: 'What other teams install: the checks know no framework, and only revocations subscribe.',
      severity: 'error',
      from: { path: '^libs/guard/src', pathNot: tests },
      to: {
        pathNot: [
          '^libs/guard/src/',
          '^libs/(locale|tokens)/src/index\\.ts$',
          '^libs/events/src/subscribe/index\\.ts$',
          '^node_modules/(jose|zod)/',
          '^(node:)?(crypto|timers/promises)$',
        ],
      },
    },
    {
      name: 'backend-knows-no-domain',
      comment: 'Of the domain, only the settings of the log know anything: the names of the topics.',
      severity: 'error',
      from: { path: '^libs/backend/src', pathNot: '^libs/backend/src/log-kinds\\.ts$' },
      to: { path: ['^libs/(events|http|tokens|cluster)/', '^services/', '^apps/'] },
    },
    {
      name: 'clients-know-no-domain',
      severity: 'error',
      from: { path: '^libs/clients/src' },
      to: { path: ['^libs/(events|http|tokens|cluster)/', '^services/', '^apps/'] },
    },
    {
      name: 'webhooks-import-log-events-and-feed',
      comment: 'Webhooks are sent by a service, from the same view of the log that the feed has.',
      severity: 'error',
      from: { path: '^libs/webhooks/src', pathNot: tests },
      to: { path: ['^libs/(tokens|cluster|consumer|verify)/', '^services/', '^apps/'] },
    },
    {
      name: 'cluster-knows-no-domain',
      severity: 'error',
      from: { path: '^libs/cluster/src', pathNot: tests },
      to: { path: ['^libs/(events|sqlite|mongo)/', '^services/', '^apps/'] },
    },
    {
      name: 'verify-knows-no-service',
      comment: 'libs/verify takes the views of the services as parameters.',
      severity: 'error',
      from: { path: '^libs/verify/src' },
      to: { path: ['^libs/(http|process|tokens|sqlite|mongo|cluster)/', '^services/', '^apps/'] },
    },
    ...['auth', 'notifier', 'user'].map((service) => ({
      name: `${service}-imports-no-other-service`,
      comment: 'Services meet in libs/events.',
      severity: 'error',
      from: { path: `^services/${service}/` },
      to: { path: '^(services|apps)/', pathNot: `^services/${service}/` },
    })),
    {
      name: 'services-by-their-front-door',
      comment: 'Only apps/ sees services, and only what they export.',
      severity: 'error',
      from: { path: '^apps/' },
      to: {
        path: '^services/[^/]+/src/',
        pathNot: '^services/[^/]+/src/(index|ops|keys/secrets)\\.ts$',
      },
    },
    {
      name: 'examples-are-other-teams',
      comment: 'An example uses what any team can install.',
      severity: 'error',
      from: { path: '^examples/', pathNot: tests },
      to: { path: '^(libs|services|apps)/', pathNot: '^libs/(events|guard)/src/' },
    },
    {
      name: 'only-compose-picks-adapters',
      severity: 'error',
      from: {
        path: '^services/[^/]+/src',
        pathNot: ['/src/(adapters|storage)/', '/src/(index|compose|ops|preview)\\.ts$', tests],
      },
      to: { path: '/src/(adapters|storage)/' },
    },
    {
      name: 'black-box-tests-know-no-service',
      comment: 'test/ speaks HTTP, SMTP and Kafka only.',
      severity: 'error',
      from: { path: '^test/' },
      to: { path: '^services/' },
    },
    ...['auth', 'notifier', 'user'].map((service) => ({
      name: `${service}-knows-http-only-in-http`,
      comment:
        'Everything else refuses with codes (Refused). Only http/ (in the notifier: files named routes.ts) knows status codes and sentences.',
      severity: 'error',
      from: {
        path: `^services/${service}/src/`,
        pathNot: [
          `^services/${service}/src/(http/|.*/routes\\.ts$|(compose|config|index|main|run)\\.ts$)`,
          tests,
        ],
      },
      to: {
        path: [`^services/${service}/src/http/`, '^libs/http/', '^node_modules/@?koa(/|$)'],
        reachable: true,
      },
    })),
    pure('account', '^services/auth/src/account/', ['^services/auth/src/account/']),
    pure('mailings', '^services/auth/src/mailings/', ['^services/auth/src/(account|mailings)/']),
    pure('profile', '^services/user/src/profile/', [
      '^services/user/src/profile/',
      '^libs/consumer/src/index\\.ts$',
    ]),
    pure(
      'reactions',
      '^services/notifier/(mails/|src/(mails/define-mail|intake/(reactions|entries|delivery-id))\\.ts$)',
      [
        '^services/notifier/(mails/|src/delivery/)',
        '^services/notifier/src/(mails/define-mail|intake/(reactions|entries|delivery-id))\\.ts$',
        '^node_modules/(uuid|zod)/',
      ],
    ),
    pure('delivery', '^services/notifier/src/delivery/', ['^services/notifier/src/delivery/']),
    pure('circuit', '^services/notifier/src/sending/(circuit|seal)\\.ts$', [
      '^services/notifier/src/(delivery/|sending/(circuit|seal)\\.ts$)',
    ]),
    driver(
      'sqlite',
      '\\.sqlite(\\.tables)?\\.ts$|/storage/sqlite/|^libs/sqlite/src/|^libs/bus/src/embedded/',
    ),
    driver('kafkajs', '^libs/bus/src/kafka/'),
    driver('mongoose', '\\.mongo(\\.schema)?\\.ts$|/storage/mongo/|^libs/mongo/src/'),
    driver('nodemailer', '\\.smtp\\.ts$'),
    driver('@node-rs/argon2', 'passwords/hashing/argon2\\.ts$'),
    driver('rate-limiter-flexible', 'storage/(mongo/|sqlite/)?limits'),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/|apps/standalone/src/public/|^examples/web/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.mts', '.js', '.mjs', '.cjs', '.json'],
    },
  },
};
