export { parseAddressBlocks } from './address-blocks.ts';
export { type ClockGuard, createClockGuard, type DeletionKind, systemUptimeMs } from './clock-guard.ts';
export {
  ConfigError,
  commonSettingSchemas,
  describeSettings,
  type Environment,
  readAllSettings,
  readConfig,
  type SettingDescription,
  withCrossFieldChecks,
  withDotEnv,
} from './config.ts';
export { createTextFile, readTextFile, replaceTextFile } from './durable-file.ts';
export { DAY_MS, HOUR_MS } from './durations.ts';
export { formatSettingsWithoutSecrets } from './format-settings.ts';
export { describeSchemaIssue } from './in-words.ts';
export { parseJson } from './json.ts';
export { createSecretKeySetting } from './key-setting.ts';
export {
  type DependencyHealth,
  type ExitCode,
  groupProcessParts,
  type ProcessPart,
  type ProcessTermination,
  readSettingsOrReport,
  runProcess,
} from './lifecycle.ts';
export { createLogger, type Logger } from './logger.ts';
export { createMetricsRegistry, type Registry } from './metrics.ts';
export { createParsedSetting } from './parsed-setting.ts';
export {
  createProcessSettingsSchema,
  createServiceProcessSettingsSchema,
  environmentSetting,
  type ServiceProcessConfig,
} from './process-settings.ts';
export {
  computeKeyPairFingerprint,
  computeSecretFingerprint,
  InvalidKeyError,
  parseSecretKey,
  parseSecretKeys,
  type SecretKey,
  type SecretKeys,
} from './secret-keys.ts';
