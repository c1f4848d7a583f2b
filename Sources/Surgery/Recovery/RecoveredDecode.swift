import BoxMath
import Detection
import Interpreter
import ONNXGraph

/// What a graph decodes its heads with: by its own operators or by a plugin.
package struct RecoveredDecode: Sendable {
  package let scales: [DecodeGeometry.Scale]
  package let classCount: Int

  package init(_ model: Model) throws(SurgeryError) {
    do {
      try self.init(model, try ResolvedGraph(typical: model))
    } catch let error as SurgeryError {
      throw error
    } catch {
      throw SurgeryError("\(error)")
    }
  }

  /// - Throws: ``SurgeryError`` when the graph has no decode, or none that is known.
  package init(_ model: Model, _ resolved: ResolvedGraph) throws(SurgeryError) {
    let ending = Ending.recognize(
      model.graph, metadata: model.metadata, lookup: { resolved.tensorDescription(of: $0) })
    if let tail = ending.yoloLayer, let known = ending.geometry?.scales {
      scales = known
      classCount = tail.parameters.classCount
      return
    }
    let heads = try DetectorHeads(model, resolved)
    guard let known = heads.scales else { throw SurgeryError("the graph has no decode") }
    scales = known
    classCount = heads.classCount
  }
}
