/**
 * Ends a switch over a union, such as an event's type. If a member has no case, the code does not compile.
 * @throws TypeError at run time for a value that is not a member; the message does not contain the value
 */
export function assertNever(_value: never): never {
  throw new TypeError('A value is none of the cases of its type.');
}
