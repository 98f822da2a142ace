export {
  COPIED_BODY_SIZE,
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
  FRAME_MIN_SIZE,
  FRAME_OVERHEAD,
  type Frame,
  type FrameType,
  HEARTBEAT_FRAME,
} from './frame-wrapping.js';
