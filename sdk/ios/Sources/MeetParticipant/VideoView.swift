import SwiftUI
import WebRTC

/// Somebody's picture. Its height decides which layer is received, and that nothing is once it is shown no longer.
public struct VideoView: UIViewRepresentable {
    private let track: RTCVideoTrack
    private let isMirrored: Bool
    private let show: (Int?) -> Void

    /// What somebody sends, by the id of its consumer.
    public init(_ media: MediaSession, consumerId: String, track: RTCVideoTrack) {
        self.track = track
        isMirrored = false
        show = { height in Task { await media.show(consumerId, heightPx: height) } }
    }

    /// My own camera, as in a mirror.
    public init(own track: RTCVideoTrack) {
        self.track = track
        isMirrored = true
        show = { _ in }
    }

    public func makeUIView(context: Context) -> Renderer {
        let view = Renderer()
        view.videoContentMode = .scaleAspectFill
        view.transform = isMirrored ? CGAffineTransform(scaleX: -1, y: 1) : .identity
        view.show(track, show)
        return view
    }

    public func updateUIView(_ view: Renderer, context: Context) {
        view.show(track, show)
    }

    public static func dismantleUIView(_ view: Renderer, coordinator: ()) {
        view.showNobody()
    }

    public final class Renderer: RTCMTLVideoView {
        private var shown: RTCVideoTrack?
        private var tell: (Int?) -> Void = { _ in }
        private var toldPx = 0

        func show(_ track: RTCVideoTrack, _ tell: @escaping (Int?) -> Void) {
            guard shown !== track else { return }
            showNobody()
            shown = track
            self.tell = tell
            track.add(self)
            setNeedsLayout()
        }

        func showNobody() {
            shown?.remove(self)
            shown = nil
            toldPx = 0
            tell(nil)
            tell = { _ in }
        }

        override public func layoutSubviews() {
            super.layoutSubviews()
            let heightPx = Int(bounds.height * UIScreen.main.scale)
            guard shown != nil, heightPx > 0, heightPx != toldPx else { return }
            toldPx = heightPx
            tell(heightPx)
        }
    }
}
