/**
 * Ends a switch over a union, such as the type of an event: a member without a case does not compile.
 * @throws TypeError if a value is none of the members after all; its content is not in the message
 */
export function assertNever(_value: never): never {
  throw new TypeError('A value is none of the cases of its type.');
}
