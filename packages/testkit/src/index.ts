export { type ApiAnswer, type ApiClient, apiClient, type Json, listOf } from './api-client.ts'
export { compareHalves, type Half } from './halves.ts'
export { type NetworkNode, type NetworkOptions, TestNetwork } from './network/test-network.ts'
export { type Federation, startFederation } from './sandbox/start-federation.ts'
