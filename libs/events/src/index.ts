export * from './codec.ts';
export * from './events.ts';
