/** Whether this browser can share a screen at all; phones mostly can't. */
export function canShareScreen(): boolean {
  return typeof navigator.mediaDevices?.getDisplayMedia === "function";
}

/** Whether this page may fill the screen: not on an iPhone, nor in a frame without `allow="fullscreen"`. */
export function canFillScreen(): boolean {
  return document.fullscreenEnabled === true;
}
