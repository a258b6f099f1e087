/**
 * Converts the data of older events to the current version. A new optional field needs no new version. Any
 * other change of an event needs a new version, and an upcaster that converts data from the previous version.
 * Upcasters are applied one after the other, so data of any older version can be converted.
 */
import { catalogue, type EventType } from './catalogue.ts';

/**
 * Converts an event's data from one version to the next. Pure. Must keep fields that the event's schema does
 * not contain, because the journal also stores private fields.
 */
export type Upcaster = (data: unknown) => unknown;

/** All upcasters of each event type. The key of an upcaster is the version from which it converts data. */
export type Upcasters = Readonly<Partial<Record<string, Readonly<Partial<Record<number, Upcaster>>>>>>;

/** All upcasters. Empty, because every event is still in its first version. */
export const upcasters: Upcasters & { readonly [T in EventType]?: Upcasters[string] } = {};

/**
 * Converts data to the current version, without validating it. Returns undefined if the version is unknown.
 * @throws any error of an upcaster, because the data may be invalid
 */
export type Upcast = (type: string, version: number, data: unknown) => unknown;

/** The part of a catalogue that `createUpcast` uses. */
export type EventTypeVersions = Readonly<Record<string, { readonly version: number }>>;

function own<Value>(
  record: Readonly<Partial<Record<PropertyKey, Value>>>,
  name: PropertyKey,
): Value | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

/**
 * Creates a function that converts the data of older versions step by step.
 * @param versions the current version of each event type
 * @param steps the step from each older version to the next one
 */
export function createUpcast(versions: EventTypeVersions, steps: Upcasters): Upcast {
  return (type, version, data) => {
    const current = own(versions, type)?.version;
    if (current === undefined || !Number.isInteger(version) || version > current) return undefined;
    let upcasted = data;
    for (let from = version; from < current; from += 1) {
      const step = own(own(steps, type) ?? {}, from);
      if (step === undefined) return undefined;
      upcasted = step(upcasted);
    }
    return upcasted;
  };
}

/**
 * Converts the data of an older version of an event to the current version. Returns undefined for a type or
 * version that this release does not know.
 */
export const upcast: Upcast = createUpcast(catalogue, upcasters);
