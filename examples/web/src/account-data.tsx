import { dataOf } from '@latchkey/client';
import { Form, PasswordField } from './form.tsx';
import { latchkey } from './latchkey.ts';

/** Lets owners of an account download their data, and request the erasure of the account. */
export function AccountDataForms() {
  return (
    <>
      <Form
        title="Your data"
        button="Download"
        done="Your data has been downloaded."
        send={async ({ password = '' }) =>
          save('account.json', await dataOf(latchkey.api.POST('/api/v1/auth/export', { body: { password } })))
        }
      >
        <PasswordField />
      </Form>
      <Form
        title="Erase account"
        button="Erase my account"
        done="You cannot sign in any more. An email says when your account will be erased, and has a link to keep it."
        send={({ password = '' }) =>
          dataOf(latchkey.api.POST('/api/v1/auth/account/erase', { body: { password } }))
        }
      >
        <PasswordField />
      </Form>
    </>
  );
}

/** Offers a document as a file download. */
function save(name: string, data: unknown): void {
  const url = URL.createObjectURL(new Blob([JSON.stringify(data, null, 2)], { type: 'application/json' }));
  Object.assign(document.createElement('a'), { href: url, download: name }).click();
  URL.revokeObjectURL(url);
}
