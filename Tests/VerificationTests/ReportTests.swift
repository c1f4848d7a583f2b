import Foundation
import Testing
import Verification

struct ReportTests {
  private var report: Report {
    var report = Report(
      verdict: .different, original: GraphReport(path: "a.onnx", form: "yolov5-decoded"),
      patched: GraphReport(path: "b.onnx"))
    report.reasons = ["bus.jpg: 2 of 25200 cells differ"]
    report.sharing = Sharing(identicalNodes: 199, originalOnly: 37, patchedOnly: 4)
    var image = ImageReport(path: "bus.jpg", verdict: .different)
    image.inputShape = [1, 3, 640, 640]
    var cells = CellsReport()
    cells.compared = 25200
    cells.different = 2
    cells.maxBoxErrorPx = Figure(.infinity as Double)
    cells.maxScoreError = Figure(0.1 as Float)
    image.cells = cells
    var detections = DetectionsReport()
    detections.original = [
      DetectionReport(
        box: [1, 2.5, 3, 4].map { Figure($0 as Float) }, score: Figure(0.8231 as Float), class: 0,
        label: "person"),
      DetectionReport(box: [0, 0, 9, 9], score: 0.5, class: 7, label: nil),
    ]
    detections.patched = [detections.original[1]]
    detections.pairs = [[0, nil], [1, 0]]
    detections.matched = 1
    detections.missing = 1
    image.detections = detections
    report.images = [image]
    return report
  }

  @Test func jsonHoldsTheContractsKeys() throws {
    let json = try #require(
      JSONSerialization.jsonObject(with: encodeJSON(report)) as? [String: Any])
    #expect(
      Set(json.keys) == [
        "schema", "verdict", "reasons", "notes", "original", "patched", "sharing", "images",
        "timings",
      ])
    #expect(json["schema"] as? Int == 1)
    #expect(json["verdict"] as? String == "different")
    let patched = try #require(json["patched"] as? [String: Any])
    #expect(patched.keys.sorted() == ["path"])
    let image = try #require((json["images"] as? [[String: Any]])?.first)
    #expect(image["candidates"] == nil)
    #expect(image["tensors"] == nil)
    let cells = try #require(image["cells"] as? [String: Any])
    #expect(cells["compared"] as? Int == 25200)
    #expect(cells["maxBoxErrorPx"] is NSNull)
    #expect(cells["worst"] == nil)
    let detections = try #require(image["detections"] as? [String: Any])
    let first = try #require((detections["original"] as? [[String: Any]])?.first)
    #expect(first["class"] as? Int == 0)
    #expect(first["label"] as? String == "person")
    #expect(first["box"] as? [Double] == [1, 2.5, 3, 4])
  }

  @Test func numbersAreWrittenAsShortAsTheyAre() {
    let text = String(decoding: encodeJSON(report), as: UTF8.self)
    #expect(text.contains("\"score\" : 0.8231\n"))
    #expect(text.contains("\"maxScoreError\" : 0.1\n"))
  }

  @Test func decodesWhatItEncodes() throws {
    let decoded = try JSONDecoder().decode(Report.self, from: encodeJSON(report))
    #expect(encodeJSON(decoded) == encodeJSON(report))
    #expect(decoded.images[0].cells!.maxBoxErrorPx.value.isNaN)
  }

  @Test func textTellsBothSides() {
    #expect(
      report.text == """
        original  a.onnx  yolov5-decoded
        patched   b.onnx
        sharing   199 nodes proven identical, 37 only in the original, 4 only in the patched

        bus.jpg as [1,3,640,640]
          cells       25200 compared, 2 different; largest errors not finite px, 0.1 in score
          detections  2 and 1, 1 matched, 1 missing
            class    original  patched       box in the image: original                          patched
            person     0.8231        -      1.0     2.5     3.0     4.0                                -
            class 7    0.5000   0.5000      0.0     0.0     9.0     9.0      0.0     0.0     9.0     9.0

        - bus.jpg: 2 of 25200 cells differ
        verdict: different

        """)
  }
}
