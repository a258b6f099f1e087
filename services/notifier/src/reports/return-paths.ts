/**
 * Variable envelope return paths (VERP): the return path of each mail contains its delivery's id, so that a
 * report shows which mail it is about. A MAC ensures that only somebody who has received a mail can report on
 * it.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { DeliveryReportConfig } from '../report-settings.ts';

/** Creates return paths, and recognizes them as recipients of reports. */
export interface ReturnPaths {
  /** Returns the return path of a delivery's mail. */
  addressOf(delivery: string): string;
  /**
   * Returns the id of the delivery that a return path contains; undefined if the address is not a return path that
   * Latchkey made.
   */
  deliveryIn(address: string): string | undefined;
  /**
   * Returns whether an address is the one that receives feedback reports. Unlike bounces, the feedback
   * reports about all mails go to a single address.
   */
  isForFeedback(address: string): boolean;
}

/**
 * The length of the MAC: only 80 bits, because the part of an address before the @ has at most 64 characters.
 * The MAC is written in hex, because mail servers may change upper to lower case.
 */
const MAC_BYTES = 10;
const FEEDBACK = 'feedback';
const LOCAL = /^b-([0-9a-f]{32})-([0-9a-f]{20})$/;

export interface ReturnPathSettings {
  /** The domain of all addresses that receive reports. */
  readonly domain: string;
  /**
   * The keys for the MACs in return paths, each of at least 32 random bytes. New return paths are made with
   * the first key; return paths made with the other keys are still accepted.
   */
  readonly keys: readonly [Buffer, ...Buffer[]];
}

export function createReturnPaths({ domain, keys }: ReturnPathSettings): ReturnPaths {
  const [current] = keys;
  function macOf(key: Buffer, id: string): Buffer {
    return createHmac('sha256', key).update(`return path ${id}`).digest().subarray(0, MAC_BYTES);
  }

  /** Returns the part of an address before the @, in lower case; undefined if the address has a different domain. */
  function localPartOf(address: string): string | undefined {
    const at = address.lastIndexOf('@');
    const isOurs = address.slice(at + 1).toLowerCase() === domain.toLowerCase();
    return isOurs ? address.slice(0, Math.max(at, 0)).toLowerCase() : undefined;
  }

  return {
    isForFeedback: (address) => localPartOf(address) === FEEDBACK,
    addressOf(delivery) {
      const id = delivery.replaceAll('-', '');
      return `b-${id}-${macOf(current, id).toString('hex')}@${domain}`;
    },
    deliveryIn(address) {
      const [, id = '', mac = ''] = LOCAL.exec(localPartOf(address) ?? '') ?? [];
      if (id === '') return undefined;
      if (!keys.some((key) => timingSafeEqual(Buffer.from(mac, 'hex'), macOf(key, id)))) return undefined;
      return id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
    },
  };
}

/** Creates the return paths; undefined if the settings contain no domain for reports. */
export function createReturnPathsFromSettings({
  MAIL_BOUNCE_DOMAIN: domain,
  MAIL_BOUNCE_KEY: keys,
}: Pick<DeliveryReportConfig, 'MAIL_BOUNCE_DOMAIN' | 'MAIL_BOUNCE_KEY'>): ReturnPaths | undefined {
  if (domain === undefined || keys === undefined) return undefined;
  const [current, ...others] = keys.map(({ bytes }) => bytes);
  return current && createReturnPaths({ domain, keys: [current, ...others] });
}
