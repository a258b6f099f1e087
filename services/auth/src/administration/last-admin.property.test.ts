import { openTemporaryStores } from '../storage/sqlite/stores.fixture.ts';
import { defineLastAdminContractTests } from './last-admin.contract.ts';

defineLastAdminContractTests('sqlite', openTemporaryStores, 50);
