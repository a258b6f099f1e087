import { ApiProblem } from '@latchkey/client';
import { type FormEvent, type ReactNode, useState } from 'react';

type Values = Readonly<Record<string, string>>;

/** Returns the API's error message or, if the server cannot be reached, a message that says so. */
export function faultOf(error: unknown): string {
  if (!(error instanceof ApiProblem)) return 'The server cannot be reached. Try again.';
  const [first] = error.errors ?? [];
  return first === undefined ? error.message : `${first.pointer.replace(/^#\//, '')} ${first.message}`;
}

/**
 * A form that can be submitted successfully once. It shows errors and, after success, a message instead of its button.
 */
export function Form({
  title,
  button,
  done,
  send,
  children,
}: {
  readonly title: string;
  readonly button: string;
  readonly done?: string;
  readonly send: (values: Values) => Promise<unknown>;
  readonly children?: ReactNode;
}) {
  const [fault, setFault] = useState<string>();
  const [state, setState] = useState<'open' | 'sending' | 'done'>('open');

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const values = Object.fromEntries(
      [...new FormData(event.currentTarget)].map(([name, value]) => [name, String(value)]),
    );
    setFault(undefined);
    setState('sending');
    try {
      await send(values);
      setState('done');
    } catch (error) {
      setFault(faultOf(error));
      setState('open');
    }
  }

  return (
    <form onSubmit={(event) => void submit(event)} aria-label={title}>
      <h2>{title}</h2>
      {children}
      {fault !== undefined && <p role="alert">{fault}</p>}
      {state === 'done' && done !== undefined ? (
        <p role="status">{done}</p>
      ) : (
        <button type="submit" disabled={state === 'sending'}>
          {button}
        </button>
      )}
    </form>
  );
}

export function Field(props: {
  readonly label: string;
  readonly name: string;
  readonly type?: 'text' | 'email' | 'password';
  readonly autoComplete: string;
}) {
  const { label, ...input } = props;
  return (
    <label>
      {label}
      <input required {...input} />
    </label>
  );
}

/** An input field for the current password of the account. Its value is submitted as `password`. */
export function PasswordField() {
  return <Field label="Password" name="password" type="password" autoComplete="current-password" />;
}

/** An input field for a new password. Its value is submitted as `newPassword`. */
export function NewPasswordField() {
  return <Field label="New password" name="newPassword" type="password" autoComplete="new-password" />;
}
