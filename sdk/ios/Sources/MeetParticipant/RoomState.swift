import Foundation

/// What is known of a meeting: a value that is replaced and never changed.
public struct RoomState: Sendable {
    public internal(set) var me: Wire.Me
    public internal(set) var peers: [Wire.PeerInfo]
    public internal(set) var viewers: Int
    public internal(set) var chat: [Wire.ChatMessage]
    public internal(set) var recordingSince: Int?
    public internal(set) var dominantSpeaker: String?

    init(_ room: Wire.RoomSnapshot) {
        me = room.me
        peers = room.peers.filter { $0.id != room.me.peerId }
        viewers = room.viewers
        chat = room.chat
        recordingSince = room.recordingSince
        dominantSpeaker = room.dominantSpeaker
    }

    /// The producers of the first pictures of all that are sent at the moment, screens before cameras.
    public func pictures(_ most: Int) -> [String] {
        let sent = peers.flatMap(\.producers).filter { $0.kind == .video && !$0.paused }
        let screens = sent.filter { $0.source == .screen }
        let cameras = sent.filter { $0.source != .screen }
        return (screens + cameras).prefix(most).map(\.id)
    }

    /// Takes what has happened into account.
    mutating func take(_ event: Wire.Notification) {
        switch event {
        case .peerJoined(let event):
            if event.peer.id != me.peerId { peers.append(event.peer) }
        case .peerLeft(let event):
            peers.removeAll { $0.id == event.peerId }
        case .peerRenamed(let event):
            if event.peerId == me.peerId { me.displayName = event.displayName }
            change(event.peerId) { $0.displayName = event.displayName }
        case .producerAdded(let event):
            change(event.peerId) { $0.producers.append(event.producer) }
        case .producerPaused(let event):
            change(event.peerId) { peer in
                for index in peer.producers.indices where peer.producers[index].id == event.producerId {
                    peer.producers[index].paused = event.paused
                }
            }
        case .producerRemoved(let event):
            change(event.peerId) { peer in peer.producers.removeAll { $0.id == event.producerId } }
        case .handChanged(let event):
            if event.peerId == me.peerId { me.handRaisedAt = event.raisedAt }
            change(event.peerId) { $0.handRaisedAt = event.raisedAt }
        case .absenceChanged(let event):
            change(event.peerId) { $0.absent = event.absent }
        case .qualityChanged(let event):
            change(event.peerId) { $0.quality = event.quality }
        case .dominantSpeakerChanged(let event):
            dominantSpeaker = event.peerId
        case .viewersChanged(let event):
            viewers = event.count
        case .chatAdded(let event):
            chat.append(event.message)
        case .chatRemoved(let event):
            chat.removeAll { $0.id == event.messageId }
        case .chatCleared:
            chat = []
        case .permissionsChanged(let event):
            me.permissions = event.permissions
            me.viewer = event.viewer
        case .recordingChanged(let event):
            recordingSince = event.since
        default:
            break
        }
    }

    private mutating func change(_ id: String, _ change: (inout Wire.PeerInfo) -> Void) {
        for index in peers.indices where peers[index].id == id { change(&peers[index]) }
    }
}
