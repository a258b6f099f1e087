import { openTemporaryStores } from '../storage/sqlite/stores.fixture.ts';
import { lastAdminContract } from './last-admin.contract.ts';

lastAdminContract('sqlite', openTemporaryStores, 50);
