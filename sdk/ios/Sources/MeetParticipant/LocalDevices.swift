import AVFoundation
import WebRTC

/// The microphone and the cameras of this device. The system asks for permission when they are used first.
@MainActor
public final class LocalDevices {
    private let factory: RTCPeerConnectionFactory
    private var capturer: RTCCameraVideoCapturer?
    private var isFront = true

    public init(_ media: MediaSession) {
        factory = media.factory
    }

    public func microphone() -> RTCAudioTrack {
        factory.audioTrack(with: factory.audioSource(with: nil), trackId: "mic")
    }

    /// Turns the front camera on; nil without any.
    public func camera() async throws -> RTCVideoTrack? {
        let source = factory.videoSource()
        let capturer = RTCCameraVideoCapturer(delegate: source)
        self.capturer = capturer
        guard try await start(capturer) else { return nil }
        return factory.videoTrack(with: source, trackId: "camera")
    }

    /// The camera that looks the other way.
    public func otherCamera() async throws {
        guard let capturer else { return }
        isFront.toggle()
        _ = try await start(capturer)
    }

    /// Turns the camera off.
    public func cameraOff() async {
        await capturer?.stopCapture()
        capturer = nil
    }

    private func start(_ capturer: RTCCameraVideoCapturer) async throws -> Bool {
        let cameras = RTCCameraVideoCapturer.captureDevices()
        let wanted: AVCaptureDevice.Position = isFront ? .front : .back
        guard let camera = cameras.first(where: { $0.position == wanted }) ?? cameras.first else { return false }
        let formats = RTCCameraVideoCapturer.supportedFormats(for: camera)
        let height = { (format: AVCaptureDevice.Format) in
            CMVideoFormatDescriptionGetDimensions(format.formatDescription).height
        }
        guard let format = formats.min(by: { abs(height($0) - 720) < abs(height($1) - 720) }) else { return false }
        try await capturer.startCapture(with: camera, format: format, fps: 30)
        return true
    }
}
