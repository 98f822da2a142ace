import { type ContractApi, defineContract } from '@leveret/rpc';
import * as z from 'zod';

const flavor = z.enum(['m1.small', 'm1.medium', 'm1.large', 'm1.xlarge']);

/** The size of a virtual machine. */
export type Flavor = z.infer<typeof flavor>;

const instance = z.object({
  instance_id: z.string(),
  flavor,
  status: z.enum(['ACTIVE', 'RESIZED']),
  /** The server that answered. */
  host: z.string(),
  /** Of a resize: for whom, out of the caller's context. */
  project_id: z.string().optional(),
});

// What is optional here, the server in Python does not say.
const counts = z.object({
  host: z.string(),
  rebooted: z.number(),
  refreshed: z.number(),
  /** Requests that came again and were not done again. */
  repeated: z.number().optional(),
  /** Notifications of resizes that the broker has. */
  notified: z.number().optional(),
  /** Requests that were ended, or not begun, because their caller had given up. */
  cancelled: z.number().optional(),
  /** How long all methods took together. */
  busy_ms: z.number().optional(),
});

/** What one server has done. */
export type Counts = z.infer<typeof counts>;

/**
 * What can be asked of a compute server: client and server have their types from it, and validate by it. A new method
 * raises the version's minor, one that changes raises the major.
 */
export const computeContract = defineContract({
  version: '1.0',
  methods: {
    describe: { args: z.object({ instance_id: z.string() }), result: instance },
    /** Slow, to the largest flavor so slow that callers lose patience. */
    resize: { args: z.object({ instance_id: z.string(), flavor }), result: instance },
    /** Always fails, with an exception that reaches the caller. */
    fail: { args: z.object({ reason: z.string() }) },
    /** For a cast to the server that has the instance. */
    reboot: { args: z.object({ instance_id: z.string(), request_id: z.string() }) },
    /** For a fanout: every server is told. */
    refresh: { args: z.object({ token: z.string() }) },
    counts: { result: counts },
  },
});

/** The same for the compiler: `RpcCaller<ComputeApi>` is whatever can call a compute server. */
export type ComputeApi = ContractApi<typeof computeContract>;
