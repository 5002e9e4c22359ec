// swift-tools-version:5.9
import PackageDescription

let package = Package(
    name: "MeetParticipant",
    platforms: [.iOS(.v15)],
    products: [.library(name: "MeetParticipant", targets: ["MeetParticipant"])],
    dependencies: [
        // With libwebrtc in it, as the module WebRTC.
        .package(url: "https://github.com/VLprojects/mediasoup-client-swift", exact: "0.10.4"),
    ],
    targets: [
        .target(
            name: "MeetParticipant",
            dependencies: [.product(name: "Mediasoup", package: "mediasoup-client-swift")]
        ),
    ]
)
