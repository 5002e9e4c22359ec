import UIKit

/// Asks for a room's link and a name.
final class StartViewController: UIViewController {
    private let link = UITextField()
    private let name = UITextField()
    private let problem = UILabel()

    override func viewDidLoad() {
        super.viewDidLoad()
        title = "Meeting"
        view.backgroundColor = .systemBackground

        link.placeholder = "Link of the room"
        link.keyboardType = .URL
        link.autocapitalizationType = .none
        link.autocorrectionType = .no
        name.placeholder = "Your name"
        name.textContentType = .name
        for field in [link, name] {
            field.borderStyle = .roundedRect
            field.font = .preferredFont(forTextStyle: .body)
        }
        problem.textColor = .systemRed
        problem.numberOfLines = 0

        let join = UIButton(type: .system)
        join.setTitle("Join", for: .normal)
        join.titleLabel?.font = .preferredFont(forTextStyle: .headline)
        join.addTarget(self, action: #selector(joinRoom), for: .touchUpInside)

        let form = UIStackView(arrangedSubviews: [link, name, join, problem])
        form.axis = .vertical
        form.spacing = 16
        form.translatesAutoresizingMaskIntoConstraints = false
        view.addSubview(form)
        NSLayoutConstraint.activate([
            form.leadingAnchor.constraint(equalTo: view.layoutMarginsGuide.leadingAnchor),
            form.trailingAnchor.constraint(equalTo: view.layoutMarginsGuide.trailingAnchor),
            form.topAnchor.constraint(equalTo: view.safeAreaLayoutGuide.topAnchor, constant: 32),
        ])
    }

    @objc private func joinRoom() {
        guard let room = StartViewController.room(link: link.text ?? "", name: name.text ?? "") else {
            problem.text = "A room's link begins with https:// and has a roomId."
            return
        }
        problem.text = nil
        view.endEditing(true)
        WayIn.ofThisSystem.open(room, on: self)
    }

    /// The link of a room with a name in it, or nil for what is no link of a room.
    static func room(link: String, name: String) -> URL? {
        guard
            var parts = URLComponents(string: link.trimmingCharacters(in: .whitespaces)),
            parts.scheme == "https",
            var query = parts.queryItems,
            query.contains(where: { $0.name == "roomId" })
        else { return nil }
        let name = name.trimmingCharacters(in: .whitespaces)
        if !name.isEmpty, !query.contains(where: { $0.name == "displayName" }) {
            query.append(URLQueryItem(name: "displayName", value: name))
        }
        parts.queryItems = query
        return parts.url
    }
}
