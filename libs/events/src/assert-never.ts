/**
 * Ends a switch over a union, such as the type of an event: a member without a case does not compile.
 * @throws TypeError if a value is not a member at run time; the message does not contain the value
 */
export function assertNever(_value: never): never {
  throw new TypeError('A value is none of the cases of its type.');
}
