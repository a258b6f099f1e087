/** Formats the message that is printed after the start: URLs, and example commands to paste into a terminal. */
import type { Standalone } from './compose.ts';

/**
 * Returns shell commands that sign a user up and then read the user's profile. They need only bash, curl and the
 * usual Unix tools, such as grep and cut. Each run creates a new account.
 */
export function formatCurlExample(url: string): string {
  return `  url=${url} email="ada-$(date +%s)@example.com"
  curl -s "$url/api/v1/auth/signup" -H 'Content-Type: application/json' -d '{"email":"'"$email"'","password":"correct horse battery","username":"ada"}'; echo
  until id=$(curl -s "$url/mailbox/api/v1/search?query=to:$email" | grep -o '"ID":"[^"]*"' | cut -d'"' -f4); [ -n "$id" ]; do sleep 0.2; done
  link=$(curl -s "$url/mailbox/api/v1/message/$id" | grep -o 'http[^"<> \\]*/verify/[A-Za-z0-9_-]*' | head -n 1); echo "$link"
  curl -s "$link" -H 'Content-Type: application/json' -d '{"password":"correct horse battery"}'; echo
  token=$(curl -s "$url/api/v1/auth/login" -H 'Content-Type: application/json' -d '{"email":"'"$email"'","password":"correct horse battery"}' | grep -o '"accessToken":"[^"]*"' | cut -d'"' -f4)
  curl -s "$url/api/v1/users/me" -H "Authorization: Bearer $token"; echo`;
}

type Places = Pick<
  Standalone,
  'url' | 'operationsUrl' | 'mode' | 'folder' | 'secretsPath' | 'hasPages' | 'hasMailbox'
>;

const MODES: Readonly<Record<Standalone['mode'], string>> = {
  development: 'development: mails, events and secrets are open to everybody on this machine',
  production: 'production',
};

function placesOf({
  url,
  operationsUrl,
  mode,
  folder,
  secretsPath,
  hasPages,
  hasMailbox,
}: Places): readonly (readonly [string, string])[] {
  const pages = [
    ['Try it', `${url}/`],
    ['Mailbox', hasMailbox ? `${url}/mailbox` : `${url}/mailbox  (empty: mails go to MAIL_SERVER)`],
    ['Topics', `${url}/topics`],
    ['Docs', `${url}/docs`],
  ] as const;
  return [
    ['Mode', MODES[mode]],
    ...(hasPages ? pages : [['API', `${url}/api/v1`] as const]),
    ['Health', `${operationsUrl}/readyz`],
    ['Data', folder],
    ...(secretsPath === undefined ? [] : [['Secrets', secretsPath] as const]),
  ];
}

export function formatWelcomeMessage(places: Places): string {
  const lines = placesOf(places).map(([name, place]) => `  ${name.padEnd(9)}${place}`);
  const journey =
    places.hasPages && places.hasMailbox
      ? ['', 'The journey in a terminal, to paste:', '', formatCurlExample(places.url)]
      : [];
  return ['', 'Latchkey is up.', '', ...lines, ...journey, '', 'Press Ctrl-C to stop.', ''].join('\n');
}
