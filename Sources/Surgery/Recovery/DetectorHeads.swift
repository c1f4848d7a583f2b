import BoxMath
import Detection
import Interpreter
import Kernels
import ONNXGraph
import Tensors

/// The heads of a detector and how they are decoded, recovered from its graph.
///
/// Strides and anchors come from evaluating the graph's own decode on made-up head maps
/// (``Probe``); the decode is then held against the formula of `YoloLayer_TRT` on random maps, and
/// the anchors against the constants that stand in the graph.
package struct DetectorHeads: Sendable {
  /// Head maps `[N, a*(5+nc), H, W]`, finest first.
  package let maps: [HeadMap]
  package let isThroughSigmoid: Bool
  package let elementType: ElementType
  package let classCount: Int
  /// What the graph makes of the maps; `nil` when it gives them out as they are.
  package let scales: [DecodeGeometry.Scale]?
  package let ending: Ending
  /// What is worth knowing of the recovery.
  package let notes: [String]

  /// Channels of each anchor that are neither box, objectness nor class: mask coefficients.
  package var extraChannels: Int { maps[0].channels - 5 - classCount }

  /// - Throws: ``SurgeryError`` when the graph has no heads of the family, or decodes them by a
  ///   formula other than YOLOv5's.
  package init(_ model: Model) throws(SurgeryError) {
    let resolved: ResolvedGraph
    do {
      resolved = try ResolvedGraph(typical: model)
    } catch {
      throw SurgeryError("\(error)")
    }
    try self.init(model, resolved)
  }

  private static func refusal(_ form: Form) -> String {
    let found = "the graph ends in \(form.rawValue) and shows no head maps: "
    guard form == .yolov8Decoded else {
      return found + "expected a detector of the YOLOv5 family whose outputs come from two to five "
        + "convolutions of anchors times (5 + classes) channels"
    }
    return found + "its heads are decoupled and have neither anchors nor objectness; use --plugin "
      + "batchednms or efficientnms"
  }

  /// - Parameter resolved: the model for some shapes of its inputs.
  package init(_ model: Model, _ resolved: ResolvedGraph) throws(SurgeryError) {
    let lookup: TensorLookup = { resolved.tensorDescription(of: $0) }
    ending = Ending.recognize(model.graph, metadata: model.metadata, lookup: lookup)
    guard let maps = ending.mergedHeads(in: model.graph, lookup: lookup),
      let elementType = lookup(maps[0].name)?.elementType
    else {
      throw SurgeryError(Self.refusal(ending.form))
    }
    self.maps = maps
    self.elementType = elementType
    classCount = ending.classCount ?? maps[0].channels - 5
    isThroughSigmoid = Ending.isThroughSigmoid(maps[0].name, in: model.graph, lookup: lookup)
    if ending.needsGeometry {
      scales = nil
      notes = []
      return
    }
    let recovery = try DecodeRecovery(model, resolved, ending, maps, classCount)
    scales = recovery.scales
    notes = recovery.notes
  }
}

/// Strides and anchors of a decode that is written out in operators.
private struct DecodeRecovery {
  let scales: [DecodeGeometry.Scale]
  let notes: [String]

  init(
    _ model: Model, _ resolved: ResolvedGraph, _ ending: Ending, _ maps: [HeadMap],
    _ classCount: Int
  ) throws(SurgeryError) {
    do {
      guard
        let probe = try Probe(
          model.graph, ending, lookup: { resolved.tensorDescription(of: $0) })
      else { throw SurgeryError("the decode of the graph cannot be evaluated") }
      var tail = model
      tail.graph = probe.graph
      let decode = try ResolvedGraph(
        tail, inputs: probe.runs[0].mapValues { .init($0.elementType, $0.shape) })
      let plan = try Plan(decode)
      let geometry = probe.geometry(from: try probe.runs.map { try plan.run($0, threads: 1) })
      guard let found = geometry.scales else {
        throw SurgeryError(geometry.notes.joined(separator: "; "))
      }
      let constants = DecodeConstants(decode, maps: maps)
      scales = try constants.confirmed(found)
      notes = geometry.notes + constants.notes
      try DecodeCheck(
        probe: probe, ending: ending, maps: maps, classCount: classCount, geometry: geometry,
        scales: scales
      ).check(plan)
    } catch let error as SurgeryError {
      throw error
    } catch {
      throw SurgeryError("the decode of the graph cannot be evaluated: \(error)")
    }
  }
}
