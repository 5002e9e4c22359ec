package meet.webview

import android.app.Activity
import android.content.Intent
import android.os.Bundle
import android.widget.Button
import android.widget.EditText

/** Asks for a room's link and a name. */
class StartActivity : Activity() {
    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        setContentView(R.layout.start)
        val link = findViewById<EditText>(R.id.link)
        val name = findViewById<EditText>(R.id.name)
        findViewById<Button>(R.id.join).setOnClickListener {
            val address = MeetingActivity.linkFor(link.text.toString(), name.text.toString())
            val isRoom = address.scheme == "https" && address.isHierarchical && address.getQueryParameter("roomId") != null
            if (isRoom) {
                startActivity(Intent(Intent.ACTION_VIEW, address, this, MeetingActivity::class.java))
            } else {
                link.error = getString(R.string.link_needed)
            }
        }
    }
}
