/** The part of JSON Schema (draft 2020-12) that is compared. */
export interface ComparedSchema {
  readonly $ref?: string;
  readonly type?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, ComparedSchema>>;
  readonly additionalProperties?: boolean | ComparedSchema;
  readonly propertyNames?: ComparedSchema;
  readonly required?: readonly string[];
  readonly items?: ComparedSchema;
  readonly anyOf?: readonly ComparedSchema[];
  readonly oneOf?: readonly ComparedSchema[];
  readonly allOf?: readonly ComparedSchema[];
  readonly maxLength?: number;
  readonly minLength?: number;
  readonly maximum?: number;
  readonly minimum?: number;
  readonly exclusiveMaximum?: number;
  readonly exclusiveMinimum?: number;
  readonly maxItems?: number;
  readonly minItems?: number;
  readonly maxProperties?: number;
  readonly minProperties?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly multipleOf?: number;
  readonly uniqueItems?: boolean;
}

/** How programs use values of the earlier version of a schema: they read values, write values, or both. */
export interface SchemaUses {
  readonly reads: boolean;
  readonly writes: boolean;
}

/** A schema, and the document in which its references are resolved. */
export interface SchemaInDocument {
  readonly schema: ComparedSchema;
  resolve(ref: string): ComparedSchema;
}
