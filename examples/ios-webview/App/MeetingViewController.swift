import UIKit
import WebKit

/// One meeting, in a web view.
final class MeetingViewController: UIViewController, MeetingPageDelegate, WKUIDelegate {
    private let room: URL
    private let page: MeetingPage

    init(room: URL) {
        self.room = room
        page = MeetingPage(room: room)
        super.init(nibName: nil, bundle: nil)
    }

    @available(*, unavailable)
    required init?(coder: NSCoder) {
        fatalError("This view is made in code.")
    }

    override func loadView() {
        view = page.view
    }

    override func viewDidLoad() {
        super.viewDidLoad()
        page.delegate = self
        page.view.uiDelegate = self
        navigationItem.hidesBackButton = true
        navigationItem.leftBarButtonItem = UIBarButtonItem(
            title: "Leave", style: .plain, target: self, action: #selector(leave)
        )
        do {
            try page.load()
        } catch {
            say(error.localizedDescription)
        }
    }

    override func viewDidAppear(_ animated: Bool) {
        super.viewDidAppear(animated)
        UIApplication.shared.isIdleTimerDisabled = true
    }

    override func viewWillDisappear(_ animated: Bool) {
        super.viewWillDisappear(animated)
        UIApplication.shared.isIdleTimerDisabled = false
        if isMovingFromParent { page.close() }
    }

    func meetingPage(_ page: MeetingPage, heard event: String, data: [String: Any]) {
        switch event {
        case "readyToJoin":
            // The system asks for camera and microphone now: what is denied, the room comes in without.
            page.call("join", ["constraints": ["video": true, "audio": true]])
        case "playingAudioPrevent":
            page.call("playAudio")
        case "ended":
            if data["reason"] as? String == "left" {
                leave()
            } else {
                say(data["message"] as? String ?? "")
            }
        default:
            break
        }
    }

    func meetingPage(_ page: MeetingPage, failed message: String) {
        say(message)
    }

    /// Camera and microphone for the room and nobody else. Before iOS 15 the system asks the person for each page.
    @available(iOS 15.0, *)
    func webView(
        _ webView: WKWebView,
        requestMediaCapturePermissionFor origin: WKSecurityOrigin,
        initiatedByFrame frame: WKFrameInfo,
        type: WKMediaCaptureType,
        decisionHandler: @escaping (WKPermissionDecision) -> Void
    ) {
        let port = room.port ?? 443
        let isRoom = origin.protocol == room.scheme && origin.host == room.host && (origin.port == port || origin.port == 0)
        decisionHandler(isRoom ? .grant : .deny)
    }

    @objc private func leave() {
        navigationController?.popViewController(animated: true)
    }

    private func say(_ message: String) {
        let alert = UIAlertController(title: nil, message: message, preferredStyle: .alert)
        alert.addAction(UIAlertAction(title: "OK", style: .default) { [weak self] _ in self?.leave() })
        present(alert, animated: true)
    }
}
