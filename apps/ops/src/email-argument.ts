import { InvalidArgumentError } from '@commander-js/extra-typings';
import { type EmailAddress, parseEmail } from '@latchkey/auth/ops';

/** Parses an email address as it is parsed at sign-up. @throws InvalidArgumentError */
export function parseEmailArgument(text: string): EmailAddress {
  const address = parseEmail(text);
  if (address !== undefined) return address;
  throw new InvalidArgumentError('Expected an email address, such as ada@example.com.');
}
