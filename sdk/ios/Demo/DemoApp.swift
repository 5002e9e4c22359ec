import MeetParticipant
import SwiftUI
import WebRTC

@main
struct DemoApp: App {
    @State private var room: Room?

    var body: some Scene {
        WindowGroup {
            if let room {
                MeetingView(room: room) { self.room = nil }
            } else {
                StartView { room = $0 }
            }
        }
    }
}

/// Asks for a room's link and a name.
struct StartView: View {
    let onJoined: (Room) -> Void
    @State private var link = ""
    @State private var name = ""
    @State private var problem = ""

    var body: some View {
        VStack(spacing: 16) {
            TextField("Link of the room", text: $link).textInputAutocapitalization(.never).keyboardType(.URL)
            TextField("Your name", text: $name)
            Button("Join") { Task { await join() } }
            Text(problem).foregroundColor(.red)
        }
        .textFieldStyle(.roundedBorder)
        .padding()
    }

    private func join() async {
        do {
            let room = Room(try RoomLink(link, displayName: name.isEmpty ? nil : name))
            try await room.join()
            onJoined(room)
        } catch {
            problem = error.localizedDescription
        }
    }
}

/// Everybody in a grid, and the buttons.
struct MeetingView: View {
    @ObservedObject var room: Room
    @ObservedObject private var media: MediaSession
    let onOver: () -> Void
    @State private var devices: LocalDevices
    @State private var own: RTCVideoTrack?
    @State private var isMuted = true
    @State private var problem = ""

    @MainActor
    init(room: Room, onOver: @escaping () -> Void) {
        self.room = room
        self.onOver = onOver
        media = room.media
        _devices = State(initialValue: LocalDevices(room.media))
    }

    var body: some View {
        VStack {
            ScrollView {
                LazyVGrid(columns: [GridItem(), GridItem()]) {
                    if let own { VideoView(own: own).frame(height: 140) }
                    ForEach(pictures, id: \.id) { picture in
                        VideoView(media, consumerId: picture.id, track: picture.track).frame(height: 140)
                    }
                }
            }
            Text(room.over?.localizedDescription ?? problem)
            HStack {
                Button(isMuted ? "Unmute" : "Mute") { Task { await toggleMic() } }
                Button(own == nil ? "Camera on" : "Camera off") { Task { await toggleCamera() } }
                Button("Flip") { Task { try? await devices.otherCamera() } }
                Button("Leave", role: .destructive) {
                    Task {
                        await devices.cameraOff()
                        await room.leave()
                        onOver()
                    }
                }
            }
            .padding()
        }
        .onAppear { media.onStopped = turnedOff }
    }

    private struct Picture {
        let id: String
        let track: RTCVideoTrack
    }

    private var pictures: [Picture] {
        media.tracks.sorted { $0.key < $1.key }.compactMap { id, remote in
            (remote.track as? RTCVideoTrack).map { Picture(id: id, track: $0) }
        }
    }

    /// A moderator has turned this off.
    private func turnedOff(_ source: Wire.Source) {
        if source == .mic { isMuted = true }
        guard source == .camera else { return }
        own = nil
        Task { await devices.cameraOff() }
    }

    private func toggleMic() async {
        do {
            if isMuted {
                try await media.produce(.mic, devices.microphone())
            } else {
                await media.pause(.mic)
            }
            isMuted.toggle()
        } catch {
            problem = error.localizedDescription
        }
    }

    private func toggleCamera() async {
        do {
            if own != nil {
                await media.pause(.camera)
                await devices.cameraOff()
                own = nil
            } else if let track = try await devices.camera() {
                try await media.produce(.camera, track)
                own = track
            }
        } catch {
            problem = error.localizedDescription
        }
    }
}
