// What `<script src="/meetBridgeApi.js">` leaves behind: `window.MeetIframeBridge.default` is the class.

import MeetIframeBridge from "./index";

declare global {
  interface Window {
    MeetIframeBridge: { default: typeof MeetIframeBridge };
  }
}

window.MeetIframeBridge = { default: MeetIframeBridge };
