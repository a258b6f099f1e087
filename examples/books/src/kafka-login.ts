import { readFileSync } from 'node:fs';
import type { Settings } from './settings.ts';

/** Returns the options with which the service connects to Kafka. @throws Error if the password file cannot be read */
export function readKafkaLogin({
  KAFKA_SSL: ssl,
  KAFKA_SASL_USERNAME: username,
  KAFKA_SASL_PASSWORD_FILE: file,
}: Pick<Settings, 'KAFKA_SSL' | 'KAFKA_SASL_USERNAME' | 'KAFKA_SASL_PASSWORD_FILE'>) {
  if (username === undefined || file === undefined) return { ssl };
  const password = readFileSync(file, 'utf8').trim();
  return { ssl, sasl: { mechanism: 'scram-sha-512', username, password } } as const;
}
