export {
  type Delivery,
  type DeliveryPrefix,
  deliveryPrefix,
  encodeContent,
  encodeDelivery,
} from './content-frames.js';
export { FrameReader } from './frame-reader.js';
export {
  type ContentHeader,
  decodeContentHeader,
  encodeFrame,
  type Frame,
  type FrameType,
  HEARTBEAT_FRAME,
} from './frame-wrapping.js';
