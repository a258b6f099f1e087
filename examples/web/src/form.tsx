import { ApiProblem } from '@latchkey/client';
import { type FormEvent, type ReactNode, useState } from 'react';

type Values = Readonly<Record<string, string>>;

/** Returns the API's error message, or a message that the server cannot be reached. */
export function formatError(
  error: unknown,
  labelOf: (name: string) => string | undefined = () => undefined,
): string {
  if (!(error instanceof ApiProblem)) return 'The server cannot be reached. Try again.';
  const [first] = error.errors;
  const label = first && labelOf(first.pointer.replace(/^#\//, ''));
  return first === undefined || label === undefined ? error.message : `${label}: ${first.message}`;
}

/** Returns the label of a form's field. */
function labelIn(form: HTMLFormElement, name: string): string | undefined {
  const field = form.elements.namedItem(name);
  return field instanceof HTMLInputElement ? field.labels?.[0]?.textContent : undefined;
}

/**
 * Renders a form. After an error, the form shows the error and can be submitted again. After success, it
 * shows a message instead of its button.
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
    const form = event.currentTarget;
    const values = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value)]));
    setFault(undefined);
    setState('sending');
    try {
      await send(values);
      setState('done');
    } catch (error) {
      setFault(formatError(error, (name) => labelIn(form, name)));
      setState('open');
    }
  }

  return (
    <form onSubmit={(event) => void submit(event)} aria-label={title}>
      <h2>{title}</h2>
      {children}
      {fault !== undefined && (
        <p role="alert" tabIndex={-1} ref={focus}>
          {fault}
        </p>
      )}
      {state === 'done' && done !== undefined ? (
        <p role="status" tabIndex={-1} ref={focus}>
          {done}
        </p>
      ) : (
        <button type="submit" disabled={state === 'sending'}>
          {button}
        </button>
      )}
    </form>
  );
}

/**
 * Moves the focus to the message about the outcome of a form, because the button that had the focus is disabled or
 * gone.
 */
function focus(element: HTMLElement | null): void {
  element?.focus();
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

/** Renders an input field for the current password of the account. Its value is submitted as `password`. */
export function PasswordField() {
  return <Field label="Password" name="password" type="password" autoComplete="current-password" />;
}

/** Renders an input field for a new password. Its value is submitted as `newPassword`. */
export function NewPasswordField() {
  return <Field label="New password" name="newPassword" type="password" autoComplete="new-password" />;
}
