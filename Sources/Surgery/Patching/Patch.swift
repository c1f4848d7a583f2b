import Detection
import Interpreter
import ONNXGraph
import Tensors

/// A detector with its decode replaced.
public struct Patch: Sendable {
  public let model: Model
  /// What was found and done, a line each.
  public let notes: [String]

  /// - Parameters:
  ///   - original: an export of the YOLOv5 family, decode included, or its bare heads.
  ///   - options: the plugin, and its settings.
  /// - Throws: ``SurgeryError`` when the heads cannot be recovered, or the plugin cannot express
  ///   them: it says why, and what can.
  public init(_ original: Model, _ options: PatchOptions) throws(SurgeryError) {
    switch options.target {
    case .yololayer: self = try Patcher(original, options).endingInYoloLayer()
    case .heads: self = try Patcher(original, options).endingInHeads()
    case .batchednms, .efficientnms: self = try SuppressionPatcher(original, options).patch()
    }
  }

  init(model: Model, notes: [String]) {
    self.model = model
    self.notes = notes
  }
}

/// A model with what patching it has to know.
struct Patcher {
  let model: Model
  let options: PatchOptions
  let heads: PatchHeads
  let ending: Ending
  private let recoveryNotes: [String]

  init(_ model: Model, _ options: PatchOptions) throws(SurgeryError) {
    let resolved: ResolvedGraph
    do {
      resolved = try ResolvedGraph(typical: model)
    } catch {
      throw SurgeryError("\(error)")
    }
    let found = try DetectorHeads(model, resolved)
    let image = model.graph.inputs.lazy.compactMap { input in
      resolved.description(of: input.name)?.shape
    }.first { $0.rank == 4 }
    guard let image else { throw SurgeryError("the graph takes no image [N,3,H,W]") }
    self.model = model
    self.options = options
    heads = try PatchHeads(found, options, inputSize: (image[2], image[3]))
    ending = found.ending
    recoveryNotes = found.notes
  }

  /// The batch as the graph's input declares it.
  var batch: Dimension {
    model.graph.inputs.first { $0.dimensions?.count == 4 }?.dimensions?.first ?? .unknown
  }

  /// Whether the grids are of any size.
  var hasOpenSize: Bool {
    model.graph.inputs.contains { $0.dimensions?.dropFirst(2).contains(where: \.isOpen) ?? false }
  }

  /// The patch of these edits, with notes on what was recovered and what is gone.
  func patch(_ edits: [GraphEdit], notes: [String] = []) throws(SurgeryError) -> Patch {
    var patched = model
    do {
      patched.graph = try model.graph.applying(edits)
    } catch {
      throw SurgeryError("the graph cannot be edited: \(error)")
    }
    return Patch(model: patched, notes: recovered + recoveryNotes + notes + dropped)
  }

  private var recovered: [String] {
    let counts =
      "\(heads.maps.count) heads of \(heads.maps[0].anchors) anchors and \(heads.classCount) classes"
    guard let scales = heads.scales else { return [counts] }
    let strides = scales.map { Float($0.strideX).plain }.joined(separator: ",")
    let anchors = scales.map { scale in scale.anchors.map(\.text).joined(separator: ",") }
    return ["\(counts): strides \(strides), anchors \(anchors.joined(separator: " "))"]
  }

  private var dropped: [String] {
    ending.oneSidedOutputs.isEmpty
      ? []
      : [
        "no longer given out: "
          + ending.oneSidedOutputs.map { "'\(shown: $0)'" }.joined(separator: ", ")
      ]
  }
}
