// The icons in use, each from its own file, so that only these are in the bundle.

export { default as arrowRight } from "lucide-static/icons/arrow-right.svg?raw";
export { default as check } from "lucide-static/icons/check.svg?raw";
export { default as chevronDown } from "lucide-static/icons/chevron-down.svg?raw";
export { default as chevronLeft } from "lucide-static/icons/chevron-left.svg?raw";
export { default as chevronRight } from "lucide-static/icons/chevron-right.svg?raw";
export { default as chevronUp } from "lucide-static/icons/chevron-up.svg?raw";
export { default as info } from "lucide-static/icons/info.svg?raw";
export { default as keyboard } from "lucide-static/icons/keyboard.svg?raw";
export { default as link } from "lucide-static/icons/link.svg?raw";
export { default as loader } from "lucide-static/icons/loader-circle.svg?raw";
export { default as left } from "lucide-static/icons/log-out.svg?raw";
export { default as mic } from "lucide-static/icons/mic.svg?raw";
export { default as micOff } from "lucide-static/icons/mic-off.svg?raw";
export { default as leave } from "lucide-static/icons/phone-off.svg?raw";
export { default as screen } from "lucide-static/icons/screen-share.svg?raw";
export { default as screenOff } from "lucide-static/icons/screen-share-off.svg?raw";
export { default as warning } from "lucide-static/icons/triangle-alert.svg?raw";
export { default as person } from "lucide-static/icons/user.svg?raw";
export { default as people } from "lucide-static/icons/users.svg?raw";
export { default as camera } from "lucide-static/icons/video.svg?raw";
export { default as cameraOff } from "lucide-static/icons/video-off.svg?raw";
export { default as speaker } from "lucide-static/icons/volume-2.svg?raw";
export { default as wifiOff } from "lucide-static/icons/wifi-off.svg?raw";
export { default as close } from "lucide-static/icons/x.svg?raw";
