/**
 * The routes that no OpenAPI document describes. They have the same form as the operations in the documents,
 * so that the tests that call every route also call these routes. `scripts/undocumented-routes.test.ts` fails
 * if a service has a route that is neither described nor listed here.
 */
import type { JsonSchema, Operation } from './openapi.ts';
import type { Settings, System } from './system.ts';

const PROBLEM = 'application/problem+json';
const TOPIC_ARN = 'arn:aws:sns:eu-west-1:123456789012:bounces';
const POSTMARK = 'latchkey:a-long-password-of-postmark';

/** The settings that a system needs so that all undocumented routes exist. */
export const undocumentedRouteSettings: Settings = {
  MAIL_SES_TOPIC_ARN: TOPIC_ARN,
  MAIL_POSTMARK_CREDENTIALS: POSTMARK,
  SECURITY_CONTACT: 'mailto:security@example.com',
};

/** A route that no OpenAPI document describes. */
export interface UndocumentedOperation extends Operation {
  /** The service that has the route. Absent if the route is served at the public address of the system. */
  readonly service?: 'notifier';
  /** The headers of a valid request. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Which callers may use the route. `token`: callers with an access token that auth has signed, even if
   * revoked.
   */
  readonly admits: 'anyone' | 'provider' | 'token';
}

const invalid = { media: [PROBLEM], codes: ['validation_failed'] };
const operation = { bearer: false, who: '', tags: [], parameters: [] } as const;

/** Returns a route that serves a document and takes no input. */
function fileOperation(path: string, media: string): UndocumentedOperation {
  const responses = { 200: { media: [media], codes: [] } };
  return { ...operation, name: `GET ${path}`, method: 'GET', path, responses, admits: 'anyone' };
}

/**
 * Describes the route to which a mail provider sends its reports about mails.
 * @param properties the fields of a report
 */
function reportOperation(
  source: string,
  properties: Readonly<Record<string, JsonSchema>>,
): UndocumentedOperation {
  const path = `/mail-reports/${source}`;
  const fields = Object.keys(properties);
  return {
    ...operation,
    name: `POST ${path}`,
    method: 'POST',
    path,
    body: { media: ['application/json'], fields, required: fields, properties },
    responses: { 400: invalid, 403: { media: [PROBLEM], codes: ['insufficient_permission'] } },
    service: 'notifier',
    admits: 'provider',
  };
}

const operations: readonly UndocumentedOperation[] = [
  {
    ...reportOperation('postmark', {
      RecordType: { const: 'Bounce' },
      Type: { const: 'HardBounce' },
      Email: { type: 'string', format: 'email' },
      Details: { const: 'smtp;550 5.1.1 no such user' },
      Metadata: { type: 'object' },
    }),
    headers: { Authorization: `Basic ${Buffer.from(POSTMARK).toString('base64')}` },
  },
  reportOperation('ses', {
    Type: { const: 'Notification' },
    MessageId: { type: 'string', format: 'uuid' },
    TopicArn: { const: TOPIC_ARN },
    Message: { const: '{}' },
    Timestamp: { type: 'string', format: 'date-time' },
    SignatureVersion: { const: '2' },
    Signature: { const: 'AAAA' },
    SigningCertURL: { const: 'https://sns.invalid/a.pem' },
  }),
  {
    ...operation,
    name: 'GET /mails',
    method: 'GET',
    path: '/mails',
    parameters: [
      { name: 'at', in: 'query', required: false, schema: { type: 'string', format: 'date-time' } },
      { name: 'after', in: 'query', required: false, schema: { type: 'string', format: 'uuid' } },
      { name: 'limit', in: 'query', required: false, schema: { type: 'integer' } },
    ],
    responses: {
      200: { media: ['application/json'], codes: [] },
      400: invalid,
      401: { media: [PROBLEM], codes: ['unauthenticated'] },
    },
    service: 'notifier',
    admits: 'token',
  },
  {
    ...fileOperation('/auth/done/{page}', 'text/html'),
    parameters: [
      { name: 'page', in: 'path', required: true, schema: { const: 'verified' } },
      { name: 'lang', in: 'query', required: false, schema: { const: 'en' } },
    ],
    responses: { 200: { media: ['text/html'], codes: [] }, 400: invalid },
  },
  fileOperation('/auth/pages.css', 'text/css'),
  fileOperation('/auth/pages.js', 'text/javascript'),
  fileOperation('/.well-known/security.txt', 'text/plain'),
  fileOperation('/auth/openapi.json', 'application/json'),
  fileOperation('/users/openapi.json', 'application/json'),
  fileOperation('/openapi.json', 'application/json'),
];

/** The routes that the tests of all routes leave out, and the reasons. */
export const routesLeftOut: Readonly<Record<string, string>> = {
  'GET /': 'takes no input, and a standalone in development serves its own page there',
  'GET /auth/logo': 'takes no input, and is made by the same function as /auth/pages.css',
};

export const undocumentedRouteNames: readonly string[] = [
  ...operations.map(({ name }) => name),
  ...Object.keys(routesLeftOut),
];

/** Returns the routes that a system serves, each with the base URL at which it is served. */
export function listUndocumentedOperations({
  url,
  notifierUrl,
}: Pick<System, 'url' | 'notifierUrl'>): readonly {
  readonly operation: UndocumentedOperation;
  readonly url: string;
}[] {
  // Leave out `GET /mails` if all services run in one process, because auth then reads the mails from the
  // notifier without HTTP.
  return operations
    .filter(({ name }) => notifierUrl !== undefined || name !== 'GET /mails')
    .map((each) => ({ operation: each, url: (each.service === 'notifier' && notifierUrl) || url }));
}
