/**
 * Ends a switch over a union, such as the types of events. If the switch has no case for a member of the
 * union, the code does not compile.
 * @throws TypeError at run time, for a value outside of the union; the message does not contain the value
 */
export function assertNever(_value: never): never {
  throw new TypeError('A value is not one of the cases of its type.');
}
