"""Addresses of this part of the Server API, each with and without a trailing slash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import path

from stats.views import DownloadView, ListView, SamplesView, SummaryView

if TYPE_CHECKING:
    from django.urls import URLPattern

urlpatterns: list[URLPattern] = [
    path("streaming/statistics/peers/summary/", SummaryView.as_view()),
    path("streaming/statistics/peers/summary", SummaryView.as_view(), name="statistics-summary"),
    path("streaming/statistics/peers/", ListView.as_view()),
    path("streaming/statistics/peers", ListView.as_view(), name="statistics-list"),
    path("streaming/statistics/samples/download/", DownloadView.as_view()),
    path("streaming/statistics/samples/download", DownloadView.as_view(), name="statistics-download"),
    path("streaming/statistics/samples/", SamplesView.as_view()),
    path("streaming/statistics/samples", SamplesView.as_view(), name="statistics-samples"),
]
