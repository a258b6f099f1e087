export { addressBlocks } from './address-blocks.ts';
export { type ClockGuard, createClockGuard, describeMove } from './clock-guard.ts';
export {
  ConfigError,
  describeConfig,
  type Environment,
  readAll,
  readConfig,
  type SettingDescription,
  setting,
  withContradictions,
  withDotEnv,
} from './config.ts';
export { makeTextFile, readTextFile, replaceTextFile } from './durable-file.ts';
export { inWords } from './in-words.ts';
export { parseJson } from './json.ts';
export { keySetting } from './key-setting.ts';
export {
  type Dependency,
  type ExitCode,
  group,
  type Part,
  type ProcessEnd,
  readOrReport,
  runProcess,
} from './lifecycle.ts';
export { createLogger, type Logger } from './logger.ts';
export { createRegistry, type Registry } from './metrics.ts';
export { parsedSetting } from './parsed-setting.ts';
export {
  environmentSetting,
  processSettings,
  type ServiceProcessConfig,
  serviceProcessSettings,
} from './process-settings.ts';
export {
  KeyFault,
  keyPairFingerprint,
  parseSecretKey,
  parseSecretKeys,
  type SecretKey,
  type SecretKeys,
  secretFingerprint,
} from './secret-keys.ts';
