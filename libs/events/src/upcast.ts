/**
 * Old data in its current form. A change that is not merely a new optional field makes a new version, and one
 * step from the version before it; steps are chained, so that data of any age arrives as today's.
 */
import { catalogue, type EventType } from './catalogue.ts';

/**
 * One step up, from one version of an event's data to the next. Pure; it passes on fields that it does not
 * know, for the journal keeps more in an event than is published.
 */
export type Upcaster = (data: unknown) => unknown;

/** For each type the step from each former version to the next. */
export type Upcasters = Readonly<Partial<Record<string, Readonly<Partial<Record<number, Upcaster>>>>>>;

/** Every step there is. All events are in their first version. */
export const upcasters: Upcasters & { readonly [T in EventType]?: Upcasters[string] } = {};

/**
 * Data of a version in the current one, or undefined where the version is not known. The data is not checked.
 * @throws whatever a step throws on data that it was not made for.
 */
export type Upcast = (type: string, version: number, data: unknown) => unknown;

/** What `createUpcast` needs to know of a catalogue. */
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
