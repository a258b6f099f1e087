/**
 * Converts old data to its current form. A change that is not merely a new optional field needs a new version, and
 * one step from the previous version; steps are chained, so that data of any version arrives in the current form.
 */
import { catalogue, type EventType } from './catalogue.ts';

/**
 * Converts an event's data from one version to the next. Pure. Keeps fields that it does not know, because the
 * journal stores more in an event than is published.
 */
export type Upcaster = (data: unknown) => unknown;

/** For each type, the step from each previous version to the next. */
export type Upcasters = Readonly<Partial<Record<string, Readonly<Partial<Record<number, Upcaster>>>>>>;

/** All steps. Every event is in its first version. */
export const upcasters: Upcasters & { readonly [T in EventType]?: Upcasters[string] } = {};

/**
 * Converts data of a version to the current one; undefined if the version is not known. The data is not validated.
 * @throws whatever a step throws on unexpected data
 */
export type Upcast = (type: string, version: number, data: unknown) => unknown;

/** The part of a catalogue that `createUpcast` uses. */
export type Versions = Readonly<Record<string, { readonly version: number }>>;

function own<Value>(
  record: Readonly<Partial<Record<PropertyKey, Value>>>,
  name: PropertyKey,
): Value | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

export function createUpcast(versions: Versions, steps: Upcasters): Upcast {
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

export const upcast: Upcast = createUpcast(catalogue, upcasters);
