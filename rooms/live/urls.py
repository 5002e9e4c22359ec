"""The pages of live rooms; `meet.urls` puts them into the admin."""

from django.urls import path

from rooms.live import views

urlpatterns = [
    path("", views.rooms, name="live-rooms"),
    path("state/", views.rooms_state, name="live-rooms-state"),
    path("<int:account_id>/<str:room_id>/", views.room, name="live-room"),
    path("<int:account_id>/<str:room_id>/state/", views.room_state, name="live-room-state"),
    path("<int:account_id>/<str:room_id>/act/", views.act, name="live-room-act"),
]
