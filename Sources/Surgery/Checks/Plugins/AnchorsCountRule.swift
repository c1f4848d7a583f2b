import BoxMath
import ONNXGraph

enum AnchorsCountRule: CheckRule {
  static let name = "anchors-count"
  static let severity = Severity.error
  static let summary = "YoloLayer_TRT has not three maps and 18 finite, positive anchor numbers."

  static func check(_ subject: CheckSubject) -> [RuleFinding] {
    let expected = 2 * YoloLayerParameters.mapCount * YoloLayerParameters.anchorsPerMap
    return subject.yoloLayers.flatMap { node in
      var findings: [RuleFinding] = []
      if node.inputs.count != YoloLayerParameters.mapCount {
        findings.append(
          RuleFinding(
            at: node.title,
            "reads \(node.inputs.count) maps, expected \(YoloLayerParameters.mapCount)",
            remedy: "use a plugin that takes as many heads: --plugin batchednms or efficientnms"))
      }
      let anchors = subject.anchors(of: node) ?? []
      let wrong = anchors.first { !($0.isFinite && $0 > 0) }
      if anchors.count != expected || wrong != nil {
        findings.append(
          RuleFinding(
            at: node.title,
            "attribute anchors has \(anchors.count) numbers\(wrong.map { ", among them \($0)" } ?? "")"
              + ", expected \(expected) positive ones",
            remedy: "width and height of three anchors for each of three maps, finest first"))
      }
      return findings
    }
  }
}
