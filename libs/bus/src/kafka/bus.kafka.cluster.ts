import { busContract } from '../bus.contract.ts';
import { openTestBus } from './testing/test-bus.ts';

busContract('Kafka', () => openTestBus());
