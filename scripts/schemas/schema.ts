/** The part of JSON Schema (draft 2020-12) that is compared. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly propertyNames?: Schema;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
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

/** How programs use values of the earlier schema: they read them, write them, or both. */
export interface SchemaUse {
  readonly reads: boolean;
  readonly writes: boolean;
}

/** A schema, and the document in which its references are resolved. */
export interface SchemaInDocument {
  readonly schema: Schema;
  resolve(ref: string): Schema;
}
