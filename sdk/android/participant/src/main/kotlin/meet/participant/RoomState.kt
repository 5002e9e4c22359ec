package meet.participant

import meet.participant.wire.*

/** What is known of a meeting: a value that is replaced and never changed. */
data class RoomState(
    val me: Me,
    val peers: List<PeerInfo>,
    val viewers: Long,
    val chat: List<ChatMessage>,
    val recordingSince: Long?,
    val dominantSpeaker: String?,
) {
    constructor(room: RoomSnapshot) : this(
        room.me, room.peers.filter { it.id != room.me.peerId }, room.viewers, room.chat, room.recordingSince,
        room.dominantSpeaker,
    )

    /** The state after an event. */
    fun after(event: Notification): RoomState = when (event) {
        is PeerJoined -> if (event.peer.id == me.peerId) this else copy(peers = peers + event.peer)
        is PeerLeft -> copy(peers = peers.filter { it.id != event.peerId })
        is PeerRenamed -> named(event)
        is ProducerAdded -> peer(event.peerId) { copy(producers = producers + event.producer) }
        is ProducerPaused -> peer(event.peerId) { paused(event) }
        is ProducerRemoved -> peer(event.peerId) { copy(producers = producers.filter { it.id != event.producerId }) }
        is HandChanged -> hand(event)
        is AbsenceChanged -> peer(event.peerId) { copy(absent = event.absent) }
        is QualityChanged -> peer(event.peerId) { copy(quality = event.quality) }
        is DominantSpeakerChanged -> copy(dominantSpeaker = event.peerId)
        is ViewersChanged -> copy(viewers = event.count)
        is ChatAdded -> copy(chat = chat + event.message)
        is ChatRemoved -> copy(chat = chat.filter { it.id != event.messageId })
        is ChatCleared -> copy(chat = emptyList())
        is PermissionsChanged -> copy(me = me.copy(permissions = event.permissions, viewer = event.viewer))
        is RecordingChanged -> copy(recordingSince = event.since)
        else -> this
    }

    /** The producers of the first pictures of all that are sent at the moment, screens before cameras. */
    fun pictures(most: Int): List<String> = peers.flatMap { it.producers }
        .filter { it.kind == MediaKind.VIDEO && !it.paused }
        .sortedBy { it.source != Source.SCREEN }
        .take(most)
        .map { it.id }

    private fun peer(id: String, change: PeerInfo.() -> PeerInfo): RoomState =
        copy(peers = peers.map { if (it.id == id) it.change() else it })

    private fun named(event: PeerRenamed): RoomState =
        if (event.peerId == me.peerId) copy(me = me.copy(displayName = event.displayName))
        else peer(event.peerId) { copy(displayName = event.displayName) }

    private fun hand(event: HandChanged): RoomState =
        if (event.peerId == me.peerId) copy(me = me.copy(handRaisedAt = event.raisedAt))
        else peer(event.peerId) { copy(handRaisedAt = event.raisedAt) }

    private fun PeerInfo.paused(event: ProducerPaused): PeerInfo =
        copy(producers = producers.map { if (it.id == event.producerId) it.copy(paused = event.paused) else it })
}
